/** Go: goroutines and channels. */
import { build } from "./build.js";
import type { Found, RuntimeEntry } from "./entry.js";
import { entryOf, EXPERIMENTS_OF_PROGRAMS, named, programFile, outputOf } from "./program.js";

const SOURCE = programFile("go/goroutines.go");
const compiler = (): string => named("FIBRIL_GO", "go");

const RESUME = "a receive from the goroutine's own unbuffered channel, on one processor";

export const go: RuntimeEntry = entryOf({
  name: "go",
  label: "Go goroutines",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: {
    ring: "a number passed from channel to channel, on one processor",
    resume: RESUME,
    scale: RESUME,
    create: RESUME,
    depth: RESUME,
    counters: RESUME,
    gc: "dropped goroutines are told to end; the collector begins when the heap has doubled and works beside the program: its time is that for which it stopped the world",
  },
  find: findGo,
  async launch() {
    const folder = await buildGo("goroutines", SOURCE);
    return { command: `${folder}/goroutines`, args: [] };
  },
});

export async function findGo(): Promise<Found> {
  const hint = "apt-get install golang-go";
  const version = await goVersion();
  if (version === undefined) return { missing: "no Go here", hint };
  // 1.19 is the first version with generics and typed atomics.
  const [, minor] = /^1\.(\d+)/.exec(version) ?? [];
  if (minor !== undefined && Number(minor) < 19)
    return { missing: `Go ${version} is older than 1.19`, hint };
  return { version };
}

/** `1.19.8 linux/amd64`; undefined where Go is not installed. */
async function goVersion(): Promise<string | undefined> {
  return /^go version go(.*)/.exec((await outputOf(compiler(), ["version"])) ?? "")?.[1];
}

/** Builds a Go program and returns its folder. */
export async function buildGo(name: string, ...sources: string[]): Promise<string> {
  return build({
    name: `go-${name}`,
    sources,
    version: (await goVersion()) ?? "",
    command: compiler(),
    args: (folder) => ["build", "-o", `${folder}/${name}`, ...sources],
  });
}
