/** `fibril-lab doctor`: what this machine has for the lab, and what each missing thing would add. */
import { counters } from "./counters.js";
import { Files } from "./files.js";
import type { Finding, Section } from "./finding.js";
import { machine } from "./machine.js";
import { runtimesHere } from "./runtimes.js";
import { settings } from "./settings.js";
import { runtimes } from "../runtimes/registry.js";

export const DOCTOR_FORMATS = ["table", "json"] as const;
export type DoctorFormat = (typeof DOCTOR_FORMATS)[number];

/** Looks at everything. The text ends with a newline. */
export async function doctor(format: DoctorFormat, files: Files = new Files()): Promise<string> {
  const sections = [
    machine(files),
    settings(files),
    await counters(files),
    await runtimesHere(runtimes),
  ];
  if (format === "json") return `${JSON.stringify({ sections }, null, 1)}\n`;
  return `${sections.map(toText).join("\n\n")}\n`;
}

function toText({ title, findings }: Section): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return [title, ...findings.flatMap((found) => lines(found, width))].join("\n");
}

function lines({ what, here, adds, how }: Finding, width: number): string[] {
  const margin = " ".repeat(width + 4);
  return [
    `  ${what.padEnd(width)}  ${here}`,
    ...(adds === undefined ? [] : [`${margin}would add: ${adds}`]),
    ...(how === undefined ? [] : [`${margin}${how}`]),
  ];
}
