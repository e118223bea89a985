"use fibers";
/** Channels, locks and streams, each function of `fibril/direct` used once. */
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import {
  Barrier,
  Broadcast,
  ByteReader,
  bytes,
  Channel,
  Condition,
  Event,
  events,
  Fiber,
  Latch,
  lazy,
  lines,
  mailbox,
  messages,
  Mutex,
  Once,
  openPool,
  pipe,
  Pool,
  Reader,
  receive,
  type Receiver,
  RwLock,
  RwLockSide,
  Semaphore,
  send,
  type Sender,
  sleep,
  spawn,
  tryReceive,
  trySend,
  Writer,
  yieldNow,
} from "fibril/direct";
import type { Use } from "./use.js";

/** A stream of the host that keeps what is written. */
function sink(): { readonly seen: string[]; readonly stream: WritableStream<string> } {
  const seen: string[] = [];
  return { seen, stream: new WritableStream({ write: (chunk) => void seen.push(chunk) }) };
}

export const uses = {
  Barrier: {
    gives: 1,
    by: () => {
      const both = new Barrier(2);
      const other = spawn((): number => both.wait());
      const mine: number = both.wait();
      return mine + other.join();
    },
  },
  Broadcast: {
    gives: [
      ["a", "b"],
      ["a", "b"],
    ],
    by: () => {
      const news = new Broadcast<string>(1);
      const readers = [1, 2].map(() => {
        const inbox: Receiver<string> = news.subscribe();
        return spawn((): string[] => [inbox.receive(), inbox.receive()]);
      });
      news.send("a");
      news.send("b");
      return readers.map((reader) => reader.join());
    },
  },
  ByteReader: {
    gives: [true, "ab", "c\n", undefined],
    by: () => {
      const reader: ByteReader = bytes(["a", "bc\n"]);
      const text = (part: Uint8Array | undefined): string | undefined =>
        part && new TextDecoder().decode(part);
      const first = reader.read(2);
      const line: Uint8Array | undefined = reader.readUntil("\n");
      return [reader instanceof ByteReader, text(first), text(line), reader.read()];
    },
  },
  bytes: {
    gives: 3,
    by: () => {
      let size = 0;
      bytes(Readable.from([Buffer.from("ab"), "c"])).each(
        (part) => (sleep(1), (size += part.length)),
      );
      return size;
    },
  },
  Channel: {
    gives: [1, 2, "none", ["last"], ["a", "b"]],
    by: () => {
      const numbers = new Channel<number>(2);
      const sender: Sender<number> = numbers.sender();
      const receiver: Receiver<number> = numbers.receiver();
      sender.send(1);
      sender.send(2);
      sender.close();
      const first: number = receiver.receive();
      const second: number | undefined = receiver.next();
      const third: number | string = receiver.next("none");
      const latest = Channel.conflated<string>();
      latest.send("first");
      latest.send("last");
      const words = new Channel<string>(2);
      const seen: string[] = [];
      words.send("a");
      words.send("b");
      words.close();
      words.each((word) => (sleep(1), seen.push(word)));
      return [first, second, third, latest.drain(), seen];
    },
  },
  Condition: {
    gives: ["waits", "told"],
    by: () => {
      const seen: string[] = [];
      const mutex = new Mutex();
      const changed = new Condition({ mutex });
      const reader = spawn(() =>
        changed.with(() => {
          seen.push("waits");
          changed.waitUntil(() => seen.length > 1);
        }),
      );
      yieldNow();
      changed.mutex.with(() => {
        sleep(1);
        seen.push("told");
        changed.notifyAll();
      });
      reader.join();
      return seen;
    },
  },
  Event: {
    gives: [true, true],
    by: () => {
      const ready = new Event();
      const waiter = spawn((): boolean => (ready.wait(), ready.isSet));
      yieldNow();
      return [ready.set(), waiter.join()];
    },
  },
  events: {
    gives: [[1], [2]],
    by: () => {
      const emitter = new EventEmitter();
      const found: Channel<[number]> = events<[number]>(emitter, "n");
      emitter.emit("n", 1);
      emitter.emit("n", 2);
      return [found.receive(), found.receive()];
    },
  },
  Latch: {
    gives: 0,
    by: () => {
      const left = new Latch(2);
      spawn(() => (sleep(1), left.countDown(2)));
      left.wait();
      return left.count;
    },
  },
  lazy: {
    gives: [5, 5, 1],
    by: () => {
      let times = 0;
      const five: () => number = lazy(() => (sleep(1), times++, 5));
      return [five(), five(), times];
    },
  },
  lines: {
    gives: ["a", "bc"],
    by: () => {
      const seen: string[] = [];
      const reader: Reader<string> = lines(["a\nb", "c\n"]);
      reader.each((line) => (sleep(1), seen.push(line)));
      return seen;
    },
  },
  mailbox: {
    gives: 5,
    by: () => {
      const child = spawn(() => receive());
      mailbox(child, { capacity: 5 });
      send(child, "end");
      return mailbox(child).capacity;
    },
  },
  messages: {
    gives: "hello",
    by: () => {
      const { port1, port2 } = new MessageChannel();
      const incoming: Channel<string> = messages<string>(port1);
      port2.postMessage("hello");
      const text = incoming.receive();
      port1.close();
      return text;
    },
  },
  Mutex: {
    gives: [5, false, true],
    by: () => {
      const lock = new Mutex();
      const inside: number = lock.with((n: number) => (sleep(1), n), 5);
      lock.acquire();
      const taken = lock.locked;
      lock.release();
      return [inside, lock.locked, taken];
    },
  },
  Once: {
    gives: [5, 5],
    by: () => {
      const value = new Once(() => (sleep(1), 5));
      const computed: number = value.get();
      return [computed, value.tryGet()];
    },
  },
  openPool: {
    gives: ["connection 1", "connection 1", "connection 1"],
    by: () => {
      let made = 0;
      const pool: Pool<string> = openPool({
        create: () => (sleep(1), `connection ${++made}`),
        destroy: () => sleep(1),
        check: () => (sleep(1), true),
        limit: 1,
      });
      const inside: string = pool.with((resource, more: string) => (sleep(1), resource + more), "");
      const lent: string = pool.acquire();
      pool.release(lent);
      return [inside, lent, pool.with((resource) => resource)];
    },
  },
  pipe: {
    gives: [2, ["a", "b"]],
    by: () => {
      const { seen, stream } = sink();
      const count: number = pipe(["a", "b"], stream);
      return [count, seen];
    },
  },
  Pool: { gives: true, by: () => openPool({ create: () => 5, limit: 1 }) instanceof Pool },
  Reader: {
    gives: ["a", "b", undefined],
    by: () => {
      const reader: Reader<string> = Reader.from(["a", "b"]);
      return [reader.read(), reader.read(), reader.read()];
    },
  },
  receive: {
    gives: [2, 1],
    by: () => {
      const child = spawn((): number[] => [
        receive((message): message is number => message === 2),
        receive<number>(),
      ]);
      send(child, 1);
      send(child, 2);
      return child.join();
    },
  },
  RwLock: {
    gives: ["read", "written"],
    by: () => {
      const lock = new RwLock();
      const read: string = lock.read.with(() => (sleep(1), "read"));
      lock.write.acquire();
      lock.write.release();
      return [read, lock.write.with((word: string) => (sleep(1), word), "written")];
    },
  },
  RwLockSide: { gives: true, by: () => new RwLock().read instanceof RwLockSide },
  Semaphore: {
    gives: [5, 6, 2],
    by: () => {
      const permits = new Semaphore(2);
      const one: number = permits.with(() => (sleep(1), 5));
      const both: number = permits.withPermits(2, (n: number) => (sleep(1), n), 6);
      permits.acquire(2);
      permits.release(2);
      return [one, both, permits.available];
    },
  },
  send: {
    gives: "hello",
    by: () => {
      const child = spawn((): string => receive<string>());
      send(child, "hello");
      return child.join();
    },
  },
  tryReceive: {
    gives: [undefined, "hello"],
    by: () => {
      const none = tryReceive();
      trySend(Fiber.current, "hello");
      return [none, tryReceive<string>()];
    },
  },
  trySend: { gives: true, by: (): boolean => trySend(Fiber.current, "hello") },
  Writer: {
    gives: ["a"],
    by: () => {
      const { seen, stream } = sink();
      const writer: Writer<string> = Writer.from(stream);
      writer.write("a");
      writer.end();
      return seen;
    },
  },
} satisfies Readonly<Record<string, Use>>;
