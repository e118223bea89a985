/** A program that does what its first argument says. */
import { defer, main, run, scope, shield, sleep, spawn, suspend, yieldNow } from "fibril";

const FOREVER = 2 ** 30;

function* say(text: string) {
  console.log(text);
}

const programs: Record<string, () => Generator<any, unknown, any>> = {
  *returns() {
    yield* sleep(1);
    console.log("done");
    return "a result that is no exit code";
  },
  *waits() {
    try {
      console.log("ready");
      yield* sleep(FOREVER);
    } finally {
      console.log("cleaning");
      yield* shield(() => sleep(20));
      console.log("cleaned");
    }
  },
  *"will not end"() {
    try {
      console.log("ready");
      yield* sleep(FOREVER);
    } finally {
      try {
        console.log("cleaning");
        yield* shield(() => sleep(FOREVER));
        console.log("not reached");
      } finally {
        console.log("unwound");
      }
    }
  },
  *"cannot end"() {
    process.on("SIGTERM", () => console.log("signalled"));
    try {
      console.log("ready");
      yield* sleep(FOREVER);
    } finally {
      for (;;) {
        try {
          yield* shield(yieldNow);
        } finally {
          // oxlint-disable-next-line no-unsafe-finally -- what no kill can end
          continue;
        }
      }
    }
  },
  *"returns when asked to end"() {
    setInterval(() => {}, 1000);
    try {
      console.log("ready");
      yield* sleep(FOREVER);
    } catch {
      console.log("as you wish");
    }
  },
  *"fails in its clean-up"() {
    try {
      console.log("ready");
      yield* sleep(FOREVER);
    } catch {
      throw new Error("clean-up failed");
    }
  },
  *fails() {
    setInterval(() => {}, 1000);
    defer(say, "cleaned");
    yield* scope(function* () {
      spawn("worker", function* work() {
        yield* sleep(1);
        throw new Error("broken");
      });
    });
  },
  *"waits for nothing"() {
    setTimeout(() => console.log("still there"), 50).unref();
    yield* suspend("what never comes", () => {});
  },
  *"sleeps for ever"() {
    setTimeout(() => console.log("still there"), 50).unref();
    yield* sleep(Infinity);
  },
  *"is looked at"() {
    for (let n = 0; n < 3; n++) spawn("worker", sleep, 200);
    yield* sleep(1);
    console.log("ready");
    yield* sleep(200);
  },
  *"outlives its main"() {
    void run(function* () {
      yield* sleep(50);
      console.log("later");
    });
  },
};

const [, , name = ""] = process.argv;
void main({ name: "program" }, programs[name] as () => Generator<any, unknown, any>).then(() =>
  console.log("after main"),
);
