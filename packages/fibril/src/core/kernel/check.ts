/**
 * Public functions check their arguments before they run anything, because a typo in an option would
 * otherwise show only as a program that behaves a little differently. If an option takes a number, any
 * unsuitable value is a RangeError; everything else is a TypeError. Both name the option and say what it
 * takes.
 */
import { hasMethod, shown } from "./text.js";

/** The values that an option accepts. */
export interface Rule {
  /** Completes the message “the option takes …”. */
  readonly takes: string;
  /** Whether a value is accepted. */
  readonly holds: (value: unknown) => boolean;
  /** The option takes a number, so an unsuitable value is a RangeError. */
  readonly number?: true;
}

/** A rule for each option of a function. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule };

/** A string. */
export const TEXT: Rule = { takes: "a string", holds: (value) => typeof value === "string" };
/** True or false. */
export const FLAG: Rule = { takes: "a boolean", holds: (value) => typeof value === "boolean" };
/** A function. */
export const CALLBACK: Rule = {
  takes: "a function",
  holds: (value) => typeof value === "function",
};
/** Milliseconds from 0 to Infinity. */
export const MILLISECONDS: Rule = {
  takes: "milliseconds from 0 to Infinity",
  holds: (value) => typeof value === "number" && value >= 0,
  number: true,
};
/** A whole number. */
export const WHOLE: Rule = { takes: "a whole number", holds: Number.isSafeInteger, number: true };
/** A whole number that is not below `least`. */
export function wholeFrom(least: number): Rule {
  return {
    takes: `a whole number from ${least}`,
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= least,
    number: true,
  };
}

/** A limit: a whole number that is not below `least`, or Infinity for none. `unit` is what it counts. */
export function limitFrom(least: number, unit?: string): Rule {
  const { holds } = wholeFrom(least);
  return {
    takes: `a whole number ${unit === undefined ? "" : `of ${unit} `}from ${least}, or Infinity`,
    holds: (value) => value === Number.POSITIVE_INFINITY || holds(value),
    number: true,
  };
}

/** For options that are checked at the place where they are used. */
export const ANYTHING: Rule = { takes: "anything", holds: () => true };

/** One of the given strings. */
export function oneOf(...texts: readonly string[]): Rule {
  return {
    takes: texts.map((text) => JSON.stringify(text)).join(" or "),
    holds: (value) => texts.includes(value as string),
  };
}

/** An object with the given methods. */
export function having(takes: string, ...methods: readonly string[]): Rule {
  return { takes, holds: (value) => methods.every((method) => hasMethod(value, method)) };
}

/** Throws if the rule does not hold for the value. `what` names the option in the message. */
export function checkValue(what: string, value: unknown, { takes, holds, number }: Rule): void {
  if (holds(value)) return;
  const Kind = number === true ? RangeError : TypeError;
  throw new Kind(`${what} takes ${takes}, not ${shown(value)}`);
}

/**
 * Throws if an option is unknown or its rule does not hold. An option that is undefined takes its default.
 * `what` names the function that the options belong to, such as `run`.
 */
export function checkOptions<Options extends object>(
  what: string,
  options: Options,
  rules: Rules<Options>,
): void {
  const names = (): string => Object.keys(rules).join(", ");
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`the options of ${what} must be an object: { ${names()} }`);
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
