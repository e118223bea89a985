/**
 * What is given to a public function is checked before anything runs, because a typo in an option would
 * otherwise show as a program that behaves a little differently. What is no number, or none of the right
 * ones, is a RangeError where a number is taken; everything else is a TypeError. Both name the option and
 * say what it takes.
 */
import { hasMethod, shown } from "./text.js";

/** What an option may be. */
export interface Rule {
  /** Completes “the option takes …”. */
  readonly takes: string;
  readonly holds: (value: unknown) => boolean;
  /** It takes a number: then any other value is out of its range. */
  readonly number?: true;
}

/** The options that a function knows. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule };

export const TEXT: Rule = { takes: "a string", holds: (value) => typeof value === "string" };
export const FLAG: Rule = { takes: "a boolean", holds: (value) => typeof value === "boolean" };
export const CALLBACK: Rule = {
  takes: "a function",
  holds: (value) => typeof value === "function",
};
export const MILLISECONDS: Rule = {
  takes: "milliseconds from 0 to Infinity",
  holds: (value) => typeof value === "number" && value >= 0,
  number: true,
};
export const WHOLE: Rule = { takes: "a whole number", holds: Number.isSafeInteger, number: true };
export function wholeFrom(least: number): Rule {
  return {
    takes: `a whole number from ${least}`,
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= least,
    number: true,
  };
}

/** For options that are checked where they are used. */
export const ANYTHING: Rule = { takes: "anything", holds: () => true };

/** One of some texts. */
export function oneOf(...texts: readonly string[]): Rule {
  return {
    takes: texts.map((text) => JSON.stringify(text)).join(" or "),
    holds: (value) => texts.includes(value as string),
  };
}

/** An object that has some methods. */
export function having(takes: string, ...methods: readonly string[]): Rule {
  return { takes, holds: (value) => methods.every((method) => hasMethod(value, method)) };
}

/** Throws unless the value is what `what` takes. */
export function checkValue(what: string, value: unknown, { takes, holds, number }: Rule): void {
  if (holds(value)) return;
  const Kind = number === true ? RangeError : TypeError;
  throw new Kind(`${what} takes ${takes}, not ${shown(value)}`);
}

/**
 * Throws unless each option is one that is known, and what it may be; undefined stands for the default.
 * `what` is whose options they are, such as `run`.
 */
export function checkOptions<Options extends object>(
  what: string,
  options: Options,
  rules: Rules<Options>,
): void {
  const names = (): string => Object.keys(rules).join(", ");
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`the options of ${what} are an object: { ${names()} }`);
  }
  for (const name in options) {
    if (!(name in rules) && Object.hasOwn(options, name)) {
      throw new TypeError(`${what} has no option ${JSON.stringify(name)}: it has ${names()}`);
    }
  }
  for (const name in rules) {
    const value: unknown = options[name];
    if (value !== undefined) checkValue(`the option ${name} of ${what}`, value, rules[name]);
  }
}
