/** The user's cache: what was built, and pages that nobody asked to have in a place of their own. */
import { homedir } from "node:os";
import { join } from "node:path";

export const cache = (): string =>
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fibril-lab");
