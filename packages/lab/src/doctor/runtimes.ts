/** The runtimes that can be compared on this machine, and how to install the others. */
import { isFound, type RuntimeEntry } from "../runtimes/entry.js";
import { finding, type Section } from "./finding.js";

export async function runtimesHere(entries: readonly RuntimeEntry[]): Promise<Section> {
  // An entry that only measures the machine is not a runtime.
  const compared = entries.filter(({ experiments }) => experiments.includes("scale"));
  const findings = compared.map(async ({ name, label, experiments, find }) => {
    const found = await find();
    if (isFound(found)) return finding(name, found.version);
    return finding(name, `missing: ${found.missing}`, {
      adds: `${label} in ${experiments.join(", ")}`,
      how: found.hint,
    });
  });
  return { title: "runtimes", findings: await Promise.all(findings) };
}
