/** A chat room over TCP with bounded outboxes; clients that do not read are thrown out: Effect. */
import net from "node:net";
import { Deferred, Effect, FiberSet, Queue, Stream } from "effect";
import { end, IoError, runMain, write } from "../support/effect-node.ts";
import * as spec from "./spec.ts";

const { stats } = spec;

interface Client {
  readonly nick: string;
  readonly outbox: Queue.Queue<string>;
  readonly kicked: Deferred.Deferred<string>;
}
const rooms = new Map<string, Set<Client>>();

function tell(room: Set<Client>, from: Client, text: string): void {
  for (const to of room) {
    if (to === from || Queue.offerUnsafe(to.outbox, text)) continue;
    room.delete(to);
    Deferred.doneUnsafe(to.kicked, Effect.succeed(spec.SLOW));
  }
}

const linesOf = (socket: net.Socket) =>
  Stream.fromAsyncIterable<Buffer, IoError>(
    socket.iterator({ destroyOnReturn: false }),
    (cause) => new IoError({ cause }),
  ).pipe(Stream.decodeText(), Stream.splitLines);

const serve = (socket: net.Socket) =>
  Effect.gen(function* () {
    const outbox = yield* Queue.dropping<string>(spec.CAPACITY);
    const kicked = yield* Deferred.make<string>();
    let [goodbye, patience] = [spec.CLOSING, spec.FLUSH];
    let room = new Set<Client>();
    let client: Client | undefined;

    /** Whether the client is still there. */
    const obey = (line: string): boolean => {
      const { verb, rest } = spec.parse(line);
      if (verb === "JOIN" && !client) {
        const [name = "", nick = ""] = rest.split(" ");
        client = { nick, outbox, kicked };
        rooms.set(name, (room = (rooms.get(name) ?? room).add(client)));
        stats.joined++;
        Queue.offerUnsafe(outbox, "* welcome\n");
        tell(room, client, `* ${nick} joined\n`);
      } else if (verb === "MSG" && client) {
        stats.messages++;
        tell(room, client, `${client.nick}: ${rest}\n`);
      }
      return verb !== "QUIT";
    };
    const reader = linesOf(socket).pipe(
      Stream.timeoutOrElse({
        duration: spec.IDLE,
        orElse: () => Stream.fail("idle" as const),
      }),
      Stream.runForEachWhile((line) => Effect.sync(() => obey(line))),
      Effect.as(spec.BYE),
      Effect.tap(() => Effect.sync(() => stats.left++)),
      Effect.catchIf(
        (error) => error === "idle",
        () => Effect.sync(() => (stats.idle++, spec.IDLED)),
      ),
    );
    const writer = Queue.take(outbox).pipe(
      Effect.flatMap((text) => write(socket, text)),
      Effect.forever,
    );
    const kick = Deferred.await(kicked).pipe(
      Effect.tap(() =>
        Effect.sync(() => {
          stats.slow++;
          patience = 1;
        }),
      ),
    );
    const lastWords = Effect.suspend(() => {
      if (client) room.delete(client);
      return Queue.size(outbox).pipe(
        Effect.flatMap((size) => (size > 0 ? Queue.clear(outbox) : Effect.succeed([]))),
        Effect.flatMap(Effect.forEach((text) => write(socket, text), { discard: true })),
        Effect.andThen(Effect.suspend(() => write(socket, goodbye))),
        Effect.andThen(end(socket)),
        Effect.interruptible,
        Effect.timeoutOption(patience),
        Effect.ignore,
        Effect.andThen(Effect.sync(() => socket.destroy())),
      );
    });

    yield* Effect.raceAllFirst([reader, writer, kick]).pipe(
      Effect.tap((why) => Effect.sync(() => (goodbye = why))),
      Effect.catch(() => Effect.sync(() => stats.broken++)),
      Effect.ensuring(lastWords),
    );
  });

const program = Effect.gen(function* () {
  const spawn = yield* FiberSet.makeRuntime<never, void, never>();
  yield* Effect.acquireRelease(
    Effect.callback<net.Server, IoError>((resume) => {
      const server = net.createServer({ noDelay: true }, (socket) => {
        socket.on("error", () => {}); // it comes out of reads and writes
        spawn(serve(socket));
      });
      server.once("error", (cause) => resume(Effect.fail(new IoError({ cause }))));
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)));
    }),
    (server) => Effect.sync(() => server.close()),
  ).pipe(
    Effect.tap((server) =>
      Effect.sync(() => console.log("up", (server.address() as net.AddressInfo).port)),
    ),
  );
  yield* Effect.never;
}).pipe(Effect.scoped, Effect.ensuring(Effect.sync(() => console.log(stats))));

runMain(program);
