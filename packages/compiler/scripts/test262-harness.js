/** Finds the tests of a test262 checkout, runs each in a realm of its own, and compares outcomes. */
import { readdirSync, readFileSync, writeSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import vm from "node:vm";

/** What the command line says: where the checkout is, which of its tests to run, and whether to print what was compiled. */
export function wordsGiven() {
  const { values } = parseArgs({
    options: {
      path: { type: "string" },
      only: { type: "string", default: "" },
      verbose: { type: "boolean", default: false },
    },
  });
  if (values.path === undefined) {
    console.error("--path is missing: the folder of a test262 checkout");
    process.exit(2);
  }
  return values;
}

/** The tests whose names are wanted, each with what it says about itself. Left out are those that no script here can run. */
export function* testsIn({ path: root, only }, isWanted = () => true) {
  for (const entry of readdirSync(join(root, "test"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".js") || entry.name.includes("_FIXTURE")) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    if (!name.includes(only) || !isWanted(name)) continue;
    if (!knowsUsing && name.includes("/using/")) continue;
    const text = readFileSync(path, "utf8");
    const { flags, includes, negative } = metaOf(text);
    if (negative || ["async", "module", "raw"].some((each) => flags.includes(each))) continue;
    yield { name, text, flags, includes };
  }
}

/** Counts how the tests end, and prints those that end otherwise when they are compiled, unless the docs list them. */
export class Tally {
  #listed;
  #verbose;
  #reasons = new Map();

  /** `counts` are the script's own, which are printed first. */
  constructor(counts, listed, { verbose }) {
    this.counts = { ...counts, same: 0, failsBoth: 0, listed: 0, differ: 0 };
    this.#listed = listed;
    this.#verbose = verbose;
  }

  compare(test, native, compiled, code) {
    const { counts } = this;
    if (native === compiled) counts[native === "passed" ? "same" : "failsBoth"]++;
    else if (this.#listed.some(([pattern]) => pattern.test(test))) counts.listed++;
    else {
      counts.differ++;
      console.log(`${test}\n  native: ${native}\n  compiled: ${compiled}`);
      if (this.#verbose) console.log(code);
    }
  }

  /** Something was not compiled. */
  missed(reason) {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  /** Prints the counts, and why something was not compiled, the most frequent reason first. Ends the process. */
  end(what) {
    writeSync(1, `${JSON.stringify(this.counts)}\n`);
    const reasons = [...this.#reasons].toSorted((a, b) => b[1] - a[1]);
    for (const [reason, count] of reasons) writeSync(1, `${count} ${what}: ${reason}\n`);
    process.exit(this.counts.differ === 0 ? 0 : 1);
  }
}

/** Whether the engine runs `using` as it is. */
const knowsUsing = (() => {
  try {
    void new vm.Script("{ using a = null; }");
    return true;
  } catch {
    return false;
  }
})();

/** What a test says about itself. */
function metaOf(text) {
  const meta = /\/\*---([\s\S]*?)---\*\//.exec(text)?.[1] ?? "";
  const listOf = (key) => {
    const inline = new RegExp(`^\\s*${key}:\\s*\\[(.*?)\\]`, "ms").exec(meta);
    if (inline !== null) return inline[1].split(",").map((each) => each.trim());
    const block = new RegExp(`^${key}:\\s*\\n((?:\\s+- .*\\n)+)`, "m").exec(`${meta}\n`);
    return block === null
      ? []
      : block[1]
          .split("\n")
          .map((each) => each.replace(/^\s*- /, "").trim())
          .filter(Boolean);
  };
  return {
    flags: listOf("flags"),
    includes: listOf("includes"),
    negative: /^negative:/m.test(meta),
  };
}

/** A function that runs a test and says how it ended. `runtime` is a script whose value are the helpers of compiled code. */
export function harnessOf(root, runtime) {
  const harness = new Map();

  function includeText(name) {
    if (!harness.has(name)) {
      harness.set(
        name,
        new vm.Script(readFileSync(join(root, "harness", name), "utf8"), { filename: name }),
      );
    }
    return harness.get(name);
  }

  function run(text, includes, compiled) {
    const context = vm.createContext({ print() {} });
    vm.runInContext(
      "globalThis.$262 = { global: globalThis, evalScript(s) { return (0, eval)(s) }, gc() {} };",
      context,
    );
    if (compiled) {
      const helpers = runtime.runInContext(context);
      Object.defineProperty(context, "require", { value: () => helpers, enumerable: false });
    }
    try {
      for (const each of ["assert.js", "sta.js", ...includes])
        includeText(each).runInContext(context);
      vm.runInContext(text, context, { timeout: 5000 });
      return "passed";
    } catch (error) {
      // Messages of the engine quote the program.
      const name = error?.constructor?.name ?? error?.name;
      return name === "Test262Error"
        ? `${name}: ${String(error.message).slice(0, 200)}`
        : String(name);
    }
  }

  return run;
}

/** A module as an expression whose value are its exports. What it imports is in `modules`. */
export function scriptOf(file) {
  const names = [];
  const text = readFileSync(new URL(file, import.meta.url), "utf8")
    .replaceAll(
      /^import \{([^}]*)\} from "(.*?)";/gm,
      (_, list, from) =>
        `const {${list.replaceAll(" as ", ": ")}} = modules[${JSON.stringify(from)}];`,
    )
    .replaceAll(/^export \{([^}]*)\} from "(.*?)";/gm, (_, list, from) => {
      for (const each of list.split(",")) {
        const [name, as = name] = each.trim().split(" as ");
        if (name !== "") names.push(`${as}: modules[${JSON.stringify(from)}].${name}`);
      }
      return "";
    })
    .replaceAll(/^export \{([^}]*)\};/gm, (_, list) => {
      for (const each of list.split(",")) {
        const [name, as = name] = each.trim().split(" as ");
        names.push(`${as}: ${name}`);
      }
      return "";
    })
    .replaceAll(/^export (const|let|function\*?|class) (\w+)/gm, (_, kind, name) => {
      names.push(name);
      return `${kind} ${name}`;
    })
    .replaceAll("import.meta", "({})")
    .replaceAll(/^\/\/# .*$/gm, "");
  return `(() => { ${text}\nreturn { ${names.join(", ")} }; })()`;
}
