/**
 * eslint-plugin-fibril: the missing `yield*` and other mistakes of programs on Fibril.
 *
 * The types are written out here, so that a program that is checked against this package needs nothing of
 * typescript-eslint.
 */
import noAwaitOp from "./rules/no-await-op.js";
import noBareYield from "./rules/no-bare-yield.js";
import noGeneratorClosureInLoop from "./rules/no-generator-closure-in-loop.js";
import noSwallowedCancelled from "./rules/no-swallowed-cancelled.js";
import noWaitInFinally from "./rules/no-wait-in-finally.js";
import requireYieldStar from "./rules/require-yield-star.js";
import useFibers from "./rules/use-fibers.js";

/** A rule, as ESLint and oxlint take it. */
export interface Rule {
  readonly meta: {
    readonly type: "layout" | "problem" | "suggestion";
    readonly docs: { readonly description: string; readonly url: string };
    readonly fixable?: "code" | "whitespace";
    readonly hasSuggestions: boolean;
    readonly messages: Record<string, string>;
    readonly schema: [];
  };
  readonly create: (context: any) => Record<string, (node: any) => void>;
}

/** The names of the rules; in a configuration each has `fibril/` before it. */
export type RuleName =
  | "no-await-op"
  | "no-bare-yield"
  | "no-generator-closure-in-loop"
  | "no-swallowed-cancelled"
  | "no-wait-in-finally"
  | "require-yield-star"
  | "use-fibers";

/** A flat configuration of ESLint's. */
export interface Config {
  readonly name: string;
  readonly plugins: Record<string, any>;
  readonly rules: Record<`fibril/${RuleName}`, "error" | "warn">;
}

/** The plugin. */
export interface Plugin {
  readonly meta: { readonly name: string; readonly version: string };
  readonly rules: Record<RuleName, Rule>;
  readonly configs: { readonly recommended: Config };
}

const plugin: Omit<Plugin, "configs"> = {
  meta: { name: "eslint-plugin-fibril", version: "0.1.0" },
  rules: {
    "no-await-op": noAwaitOp as unknown as Rule,
    "no-bare-yield": noBareYield as unknown as Rule,
    "no-generator-closure-in-loop": noGeneratorClosureInLoop as unknown as Rule,
    "no-swallowed-cancelled": noSwallowedCancelled as unknown as Rule,
    "no-wait-in-finally": noWaitInFinally as unknown as Rule,
    "require-yield-star": requireYieldStar as unknown as Rule,
    "use-fibers": useFibers as unknown as Rule,
  },
};

const recommended: Config = {
  name: "fibril/recommended",
  plugins: { fibril: plugin },
  rules: {
    "fibril/no-await-op": "error",
    "fibril/no-bare-yield": "error",
    "fibril/no-generator-closure-in-loop": "warn",
    "fibril/no-swallowed-cancelled": "error",
    "fibril/no-wait-in-finally": "error",
    "fibril/require-yield-star": "error",
    "fibril/use-fibers": "error",
  },
};

const fibril: Plugin = Object.assign(plugin, { configs: { recommended } });

export default fibril;
