/** RuleTester under node:test, with types and without. */
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as parser from "@typescript-eslint/parser";
import {
  RuleTester,
  type InvalidTestCase,
  type ValidTestCase,
} from "@typescript-eslint/rule-tester";
import type { TSESLint } from "@typescript-eslint/utils";
import plugin, { type RuleName } from "eslint-plugin-fibril";

RuleTester.afterAll = after;
RuleTester.describe = describe;
RuleTester.it = it;
// RuleTester asks for both when it is handed a runner. No test here uses them.
RuleTester.itOnly = it.only;
RuleTester.itSkip = it.skip;

/** A project in a folder that has the library's name, because its path must not tell whose a type is. */
const FIXTURE = fileURLToPath(new URL("../../../test/fixture/fibril/", import.meta.url));

const typed = new RuleTester({
  languageOptions: {
    parser,
    parserOptions: { project: "./tsconfig.json", tsconfigRootDir: FIXTURE },
  },
});
const untyped = new RuleTester({ languageOptions: { parser } });

interface Cases {
  readonly valid: readonly (string | ValidTestCase<readonly unknown[]>)[];
  readonly invalid: readonly InvalidTestCase<string, readonly unknown[]>[];
}

function rule(name: RuleName): TSESLint.RuleModule<string, readonly unknown[]> {
  return plugin.rules[name];
}

/** What a rule finds by types alone. */
export function withTypes(name: RuleName, cases: Cases): void {
  typed.run(`${name}, with types`, rule(name), cases);
}

/** What a rule finds by names as well, as in oxlint. */
export function withoutTypes(name: RuleName, cases: Cases): void {
  untyped.run(`${name}, without types`, rule(name), cases);
}

/** What it finds either way. */
export function eitherWay(name: RuleName, cases: Cases): void {
  withTypes(name, cases);
  withoutTypes(name, cases);
}

/** A generator around a line of code, with what it imports. */
export function inRoutine(code: string, imports = "sleep"): string {
  return `import { ${imports} } from "fibril";
export function* work() {
  ${code}
}
`;
}
