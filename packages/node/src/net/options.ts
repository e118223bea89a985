/** Options that servers and clients of all kinds share. */
import { limitFrom, type Rule } from "fibril/extend";

export const PORT: Rule = {
  takes: "a port from 0 to 65535",
  holds: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536,
  number: true,
};

/** At least one; Infinity for no limit. */
export const COUNT: Rule = limitFrom(1);

export const SETTINGS: Rule = {
  takes: "an object",
  holds: (value) => typeof value === "object" && value !== null,
};

/** Throws unless the options say exactly one place. */
export function checkPlace(
  what: string,
  { port, path }: { readonly port?: number | undefined; readonly path?: string | undefined },
): void {
  if ((port === undefined) === (path === undefined)) {
    throw new TypeError(`${what} takes either a port or the path of a Unix socket`);
  }
}

/** Milliseconds that a timer of Node may take at most, which are 24 days. It takes more for 1. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** For an `error` that is told in another way, or to nobody. */
export function ignore(): void {}
