/** Loaded before a program that is measured: writes what the process has used to a file when it ends. */
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(
    process.env["FIBRIL_LAB_FIGURES"]!,
    JSON.stringify({
      seconds: performance.now() / 1_000,
      processor: (user + system) / 1e6,
      peakMiB: process.resourceUsage().maxRSS / 1_024,
    }),
  );
});
