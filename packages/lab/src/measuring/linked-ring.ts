import type { Order } from "../cell.js";
import { inOrder } from "./order.js";
import type { Awaitable, Ring } from "./runtime.js";

/**
 * Links members into a ring, in an order. `pass` lets the first hand control on, `count` times in all, and results in how
 * often the members say they did; the next run begins where control has arrived.
 */
export function linkedRing<Member extends { next: Member }>(
  members: Member[],
  order: Order,
  pass: (first: Member, count: number) => Awaitable<number>,
): Ring {
  inOrder(members, order);
  const size = members.length;
  for (const [index, member] of members.entries()) {
    member.next = members[(index + 1) % size] as Member;
  }
  let at = 0;
  return {
    run(count) {
      const first = members[at] as Member;
      at = (at + count) % size;
      return pass(first, count);
    },
  };
}
