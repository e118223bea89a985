/**
 * What a rule is, here. The types are typescript-eslint's; at run time a rule needs none of it, so the plugin
 * also loads where the JavaScript `typescript` is not installed, as in a project on oxlint.
 */
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";

export type Node = TSESTree.Node;
export type Context = TSESLint.RuleContext<string, readonly unknown[]>;
export type Suggestions = TSESLint.ReportSuggestionArray<string>;
export type Fix = TSESLint.ReportFixFunction;

export type FibrilRule = TSESLint.RuleModule<string, readonly unknown[], { description: string }>;

interface RuleParts {
  readonly name: string;
  readonly type: "problem" | "suggestion";
  readonly description: string;
  readonly messages: Readonly<Record<string, string>>;
  readonly fixable?: boolean;
  readonly create: (context: Context) => TSESLint.RuleListener;
}

export function createRule(parts: RuleParts): FibrilRule {
  return {
    meta: {
      type: parts.type,
      docs: {
        description: parts.description,
        url: `https://unpkg.com/eslint-plugin-fibril/docs/rules/${parts.name}.md`,
      },
      messages: parts.messages,
      schema: [],
      hasSuggestions: true,
      ...(parts.fixable === true ? { fixable: "code" as const } : {}),
    },
    defaultOptions: [],
    create: parts.create,
  };
}
