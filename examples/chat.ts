/**
 * A chat room over TCP: JOIN room nick, MSG text, QUIT. Each client has an outbox of 1,024 messages; a client
 * that does not read is thrown out when it is full, and nobody else waits for it.
 *
 *     node examples/build/chat.js [port]       then, for instance: nc 127.0.0.1 4002
 */
import net from "node:net";
import * as fibril from "fibril";
import { Channel, daemon, defer, lines, moveOnAfter, type Routine, scope, shield } from "fibril";
import { isBroken, listen } from "./support/server.ts";

const [IDLE, FLUSH, CAPACITY] = [12_000, 1_000, 1_024];
const stats = { joined: 0, messages: 0, slow: 0, idle: 0, left: 0, broken: 0 };
const rooms = new Map<string, Set<Client>>();

interface Client {
  nick: string;
  readonly outbox: Channel<string>;
  kick(): void;
}

function tell(room: Set<Client>, from: Client, text: string): void {
  for (const to of room) if (to !== from && !to.outbox.trySend(text)) to.kick();
}

function* serve(socket: net.Socket): Routine {
  const outbox = new Channel<string>(CAPACITY, { name: "outbox" });
  const writer = fibril.Writer.from<string>(socket);
  let [goodbye, patience] = ["* the server is going down\n", FLUSH];
  const client: Client = { nick: "", outbox, kick() {} };
  let room = new Set<Client>();
  try {
    yield* scope(function* (session) {
      daemon("writer", () => outbox.each((text) => writer.write(text)));
      client.kick = () => {
        stats.slow++;
        [goodbye, patience] = ["* too slow\n", 0];
        room.delete(client);
        session.cancel("too slow");
      };
      const talk = function* (idle: fibril.Deadline) {
        const input = lines(socket, { limit: 10_000 });
        for (let line; (line = yield* input.read()) !== undefined; idle.reset(IDLE)) {
          const [, verb, rest = ""] = /^(\w+) ?(.*)$/.exec(line) ?? [];
          if (verb === "JOIN" && client.nick === "") {
            const [name = "", nick = ""] = rest.split(" ");
            client.nick = nick;
            rooms.set(name, (room = (rooms.get(name) ?? room).add(client)));
            stats.joined++;
            outbox.trySend("* welcome\n");
            tell(room, client, `* ${nick} joined\n`);
          } else if (verb === "MSG" && client.nick !== "") {
            stats.messages++;
            tell(room, client, `${client.nick}: ${rest}\n`);
          } else if (verb === "QUIT") break;
        }
        return "* bye\n";
      };
      goodbye = yield* moveOnAfter(IDLE, talk, "* idle\n");
      stats[goodbye === "* idle\n" ? "idle" : "left"]++;
    });
  } catch (error) {
    if (!isBroken(error)) throw error;
    stats.broken++;
  } finally {
    room.delete(client);
    yield* shield(() => moveOnAfter(patience, lastWords));
    socket.destroy();
  }
  function* lastWords() {
    try {
      for (const text of outbox.tryDrain()) yield* writer.write(text);
      yield* writer.write(goodbye);
      yield* writer.end();
    } catch (error) {
      if (!isBroken(error)) throw error;
    }
  }
}

await fibril.main(function* chat() {
  yield* fibril.supervised(function* (clients) {
    const server = net.createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => {}); // it comes out of reads and writes
      clients.spawn("client", serve, socket);
    });
    defer(() => console.log(stats));
    yield* listen(server, Number(process.argv[2] ?? 4002));
  });
});
