/** Runs the text of a test262 test in a realm of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";

/** Whether the engine runs `using` as it is. */
export const knowsUsing = (() => {
  try {
    void new vm.Script("{ using a = null; }");
    return true;
  } catch {
    return false;
  }
})();

/** What a test says about itself. */
export function metaOf(text) {
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
