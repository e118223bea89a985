/** Lua and LuaJIT: one program for both. */
import type { RuntimeEntry } from "./entry.js";
import {
  entryOf,
  EXPERIMENTS_OF_PROGRAMS,
  named,
  type Program,
  programFile,
  outputOf,
} from "./program.js";

const SOURCE = programFile("lua/coroutines.lua");
const IDIOM: Program["idiom"] = {
  ring: "a loop resumes the coroutine that the last one yielded",
  gc: "the collector does not tell its times, so the program runs it after every batch, as much as it would run by itself",
};

export const lua: RuntimeEntry = entryOf({
  name: "lua",
  label: "Lua coroutines",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: IDIOM,
  async find() {
    const command = await interpreter();
    const version = await firstLine(command);
    if (version === undefined) {
      return { missing: "no Lua here", hint: "apt-get install lua5.4 lua-socket" };
    }
    // Lua itself has only the processor's clock, which stops while other processes run.
    const wall = (await outputOf(command, ["-e", 'require "socket"'])) !== undefined;
    return { version: wall ? version : `${version} (processor time: no lua-socket)` };
  },
  launch: async () => ({ command: await interpreter(), args: [SOURCE] }),
});

export const luajit: RuntimeEntry = entryOf({
  name: "luajit",
  label: "LuaJIT coroutines",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: IDIOM,
  async find() {
    const version = await firstLine(named("FIBRIL_LUAJIT", "luajit"));
    if (version !== undefined) return { version };
    return { missing: "no LuaJIT here", hint: "apt-get install luajit" };
  },
  launch: async () => ({ command: named("FIBRIL_LUAJIT", "luajit"), args: [SOURCE] }),
});

/** `lua5.4` where the system has several versions, otherwise `lua`. */
async function interpreter(): Promise<string> {
  const asked = process.env["FIBRIL_LUA"];
  if (asked !== undefined) return asked;
  return (await firstLine("lua5.4")) === undefined ? "lua" : "lua5.4";
}

/** The version, `5.4.4`, from the first line that the interpreter prints. */
async function firstLine(command: string): Promise<string | undefined> {
  return /^Lua(?:JIT)? (\S+)/.exec((await outputOf(command, ["-v"])) ?? "")?.[1];
}
