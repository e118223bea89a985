/** A chat room over TCP with bounded outboxes; clients that do not read are thrown out: Fibril. */
import net from "node:net";
import { Channel, daemon, type Deadline, lines, main, moveOnAfter, once } from "fibril";
import { type Routine, scope, shield, sleep, supervised, Writer } from "fibril";
import * as spec from "./spec.ts";

const { stats } = spec;

interface Client {
  readonly nick: string;
  readonly outbox: Channel<string>;
  kick(): void;
}
const rooms = new Map<string, Set<Client>>();

function tell(room: Set<Client>, from: Client, text: string): void {
  for (const to of room) if (to !== from && !to.outbox.trySend(text)) to.kick();
}

/** The other side is gone; the reader and the writer may both say so. */
const isBroken = (error: unknown): boolean =>
  error instanceof AggregateError
    ? error.errors.every(isBroken)
    : /^(E[A-Z]+|ERR_STREAM\w*|broken)$/.test(String((error as { code?: unknown }).code));

function* serve(socket: net.Socket): Routine {
  const outbox = new Channel<string>(spec.CAPACITY);
  const writer = Writer.from<string>(socket);
  let [goodbye, patience] = [spec.CLOSING, spec.FLUSH];
  let room = new Set<Client>();
  let client: Client | undefined;
  try {
    yield* scope(function* (session) {
      daemon(() => outbox.each((text) => writer.write(text)));
      const kick = () => {
        stats.slow++;
        [goodbye, patience] = [spec.SLOW, 0];
        room.delete(client!);
        session.cancel("too slow");
      };
      const talk = function* (idle: Deadline) {
        const input = lines(socket);
        for (let line; (line = yield* input.read()) !== undefined; idle.reset(spec.IDLE)) {
          const { verb, rest } = spec.parse(line);
          if (verb === "JOIN" && !client) {
            const [name = "", nick = ""] = rest.split(" ");
            client = { nick, outbox, kick };
            rooms.set(name, (room = (rooms.get(name) ?? room).add(client)));
            stats.joined++;
            outbox.trySend("* welcome\n");
            tell(room, client, `* ${nick} joined\n`);
          } else if (verb === "MSG" && client) {
            stats.messages++;
            tell(room, client, `${client.nick}: ${rest}\n`);
          } else if (verb === "QUIT") break;
        }
        return spec.BYE;
      };
      goodbye = yield* moveOnAfter(spec.IDLE, talk, spec.IDLED);
      stats[goodbye === spec.IDLED ? "idle" : "left"]++;
    });
  } catch (error) {
    if (!isBroken(error)) throw error;
    stats.broken++;
  } finally {
    if (client) room.delete(client);
    yield* shield(() => moveOnAfter(patience, lastWords));
    socket.destroy();
  }
  function* lastWords(): Routine {
    try {
      for (const text of outbox.tryDrain()) yield* writer.write(text);
      yield* writer.write(goodbye);
      yield* writer.end();
    } catch (error) {
      if (!isBroken(error)) throw error;
    }
  }
}

await main(function* chat() {
  try {
    yield* supervised(function* (clients) {
      const server = net.createServer({ noDelay: true }, (socket) => {
        socket.on("error", () => {}); // it comes out of reads and writes
        clients.spawn(serve, socket);
      });
      try {
        yield* once(server.listen(0, "127.0.0.1"), "listening");
        console.log("up", (server.address() as net.AddressInfo).port);
        yield* sleep(Infinity);
      } finally {
        server.close();
      }
    });
  } finally {
    console.log(stats);
  }
});
