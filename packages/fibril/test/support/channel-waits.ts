/** Waits between fibers, for task-every-moment.test.ts. */
import { Broadcast, Channel, receive, select, sleep, suspend, trySend } from "fibril";
import { VALUE, type WaitSort } from "./wait-sort.ts";

function thatGives(
  name: string,
  how: (channel: Channel<string>) => ReturnType<ReturnType<WaitSort["create"]>["make"]>,
  wake: (channel: Channel<string>) => unknown = (channel) => channel.trySend(VALUE),
): WaitSort {
  return {
    name,
    canWake: true,
    routine: true,
    create() {
      const channel = new Channel<string>();
      return {
        make: () => how(channel),
        wake(then) {
          if (wake(channel) === false) throw new Error("nobody waits");
          then();
        },
      };
    },
  };
}

export const channelWaits: readonly WaitSort[] = [
  thatGives("receive", (channel) => channel.receive()),
  thatGives("receive through a half", (channel) => channel.receiver().clone().receive()),
  thatGives(
    "next, closed",
    (channel) => channel.next(VALUE),
    (channel) => channel.close(),
  ),
  thatGives("drain", function* (channel) {
    return (yield* channel.drain())[0];
  }),
  // It waits again when it has been woken, so what comes of it is not its result.
  {
    name: "each",
    routine: true,
    create: () => ({ make: () => new Channel<string>().each(() => {}) }),
  },
  thatGives(
    "send",
    function* (channel) {
      yield* channel.send("message");
      return VALUE;
    },
    (channel) => channel.tryReceive() === "message",
  ),
  thatGives(
    "send through a half",
    function* (channel) {
      yield* channel.sender().send("message");
      return VALUE;
    },
    (channel) => channel.tryReceive() === "message",
  ),
  thatGives("select", function* (channel) {
    const other = new Channel<string>();
    const { value } = yield* select({
      send: () => other.send("never"),
      receive: () => channel.receive(),
      late: () => sleep(Infinity),
    });
    return value;
  }),
  {
    name: "select with a callback",
    hasBegin: true,
    hasUndo: true,
    canWake: true,
    routine: true,
    create({ begins, undone }) {
      let answer = (_value: string): void => {};
      const channel = new Channel<string>();
      return {
        *make() {
          const { value } = yield* select({
            receive: () => channel.receive(),
            callback: () =>
              suspend<string>((wake) => {
                answer = wake;
                begins();
                return undone;
              }),
          });
          return value;
        },
        wake(then) {
          answer(VALUE);
          then();
        },
      };
    },
  },
  {
    name: "send of a broadcast",
    canWake: true,
    routine: true,
    create() {
      const news = new Broadcast<string>(1);
      const slow = news.subscribe();
      news.trySend("first");
      return {
        *make() {
          yield* news.send("second");
          return VALUE;
        },
        wake(then) {
          slow.tryReceive();
          then();
        },
      };
    },
  },
  {
    name: "receive of a mailbox",
    canWake: true,
    routine: true,
    create: () => ({
      make: () => receive((message) => message === VALUE),
      wake(then, target) {
        trySend(target, "another");
        trySend(target, VALUE);
        then();
      },
    }),
  },
];
