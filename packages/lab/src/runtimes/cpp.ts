/** C++: the coroutines of the language, and the fibers of Boost, which have a stack each. */
import { build } from "./build.js";
import type { Found, Launch, RuntimeEntry } from "./entry.js";
import { entryOf, EXPERIMENTS_OF_PROGRAMS, named, programFile, outputOf } from "./program.js";

const compiler = (): string => named("FIBRIL_CXX", "g++");

const DROPPED = "no collector: dropped coroutines are destroyed";

export const cpp: RuntimeEntry = entryOf({
  name: "cpp",
  label: "C++20 coroutines",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: { ring: "symmetric transfer", gc: DROPPED },
  find: () => findHeader(["coroutine"], "g++"),
  launch: () => launch("coroutines", []),
});

export const boost: RuntimeEntry = entryOf({
  name: "boost",
  label: "Boost.Context fibers",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: { gc: DROPPED },
  find: () =>
    findHeader(["boost/context/fiber.hpp", "boost/version.hpp"], "g++ libboost-context-dev"),
  launch: () => launch("context", ["-lboost_context"]),
});

async function findHeader(headers: readonly string[], packages: string): Promise<Found> {
  const hint = `apt-get install ${packages}`;
  const version = await compilerVersion();
  if (version === undefined) return { missing: "no C++ compiler here", hint };
  const macros = await outputOf(compiler(), preprocess(headers));
  if (macros === undefined) return { missing: `no <${headers[0]}> for C++20 here`, hint };
  const library = /#define BOOST_LIB_VERSION "(.*)"/.exec(macros)?.[1]?.replaceAll("_", ".");
  return { version: library === undefined ? version : `${library} with g++ ${version}` };
}

/** Arguments that print every macro that the headers define. */
function preprocess(headers: readonly string[]): string[] {
  const included = headers.flatMap((header) => ["-include", header]);
  return ["-std=c++20", "-E", "-dM", "-x", "c++", ...included, "/dev/null"];
}

async function compilerVersion(): Promise<string | undefined> {
  return /^\d+\.\S+/.exec(
    (await outputOf(compiler(), ["-dumpfullversion", "-dumpversion"])) ?? "",
  )?.[0];
}

async function launch(program: string, libraries: readonly string[]): Promise<Launch> {
  const source = programFile(`cpp/${program}.cpp`);
  const flags = ["-O2", "-std=c++20", "-DNDEBUG"];
  const folder = await build({
    name: `cpp-${program}`,
    sources: [source, programFile("cpp/bench.hpp")],
    version: (await compilerVersion()) ?? "",
    command: compiler(),
    args: (target) => [...flags, "-o", `${target}/${program}`, source, ...libraries],
  });
  return { command: `${folder}/${program}`, args: [] };
}
