/** What the three chat rooms have in common: the limits, and what is told in the end. */
/** A client that says nothing for so long is thrown out, in milliseconds. */
export const IDLE = 120_000;
/** How long a client has for what is still to be sent to it, in milliseconds. */
export const FLUSH = 5_000;
/** So many messages may wait for a client; one more, and it is thrown out. */
export const CAPACITY = 1_024;

export const BYE = "* bye\n";
export const IDLED = "* idle\n";
export const SLOW = "* too slow\n";
export const CLOSING = "* the server is going down\n";

export const stats = { joined: 0, messages: 0, slow: 0, idle: 0, left: 0, broken: 0 };

/** `JOIN room nick`, `MSG text` or `QUIT`. */
export function parse(line: string): { readonly verb: string; readonly rest: string } {
  const space = line.indexOf(" ");
  return space === -1
    ? { verb: line, rest: "" }
    : { verb: line.slice(0, space), rest: line.slice(space + 1) };
}
