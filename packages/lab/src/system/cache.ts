/** The lab's folder in the user's cache: compiled programs, and pages written without `--out`. */
import { homedir } from "node:os";
import { join } from "node:path";

export const cache = (): string =>
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fibril-lab");
