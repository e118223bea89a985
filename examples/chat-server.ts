/**
 * A chat over TCP: each line goes to everybody else. A client that reads too slowly misses lines, and holds nobody up.
 *
 *     node examples/build/chat-server.js 7000
 *     nc localhost 7000
 */
import { Broadcast, defer, failAfter, main, spawn, scope } from "fibril";
import { type Connection, listen } from "@fibril/node";

interface Said {
  readonly by: string;
  readonly text: string;
}

const room = new Broadcast<Said>(100, { name: "room", slow: "sliding" });

/** What is said goes out, except what this client has said itself. */
function* hears(connection: Connection, name: string) {
  const inbox = room.subscribe();
  defer(() => inbox.close());
  yield* inbox.each(function* ({ by, text }) {
    if (by !== name) yield* failAfter(30_000, () => connection.write(`${by}: ${text}\n`));
  });
}

function* chats(connection: Connection) {
  const lines = connection.lines({ limit: 1_000 });
  yield* connection.write("your name? ");
  const name = yield* failAfter(60_000, () => lines.read());
  if (name === undefined || name === "") return;
  yield* scope(function* () {
    const hearing = spawn("hears", () => scope(() => hears(connection, name)));
    room.trySend({ by: "*", text: `${name} has come` });
    yield* lines.each((text) => room.send({ by: name, text }));
    hearing.cancel("the client has left");
  });
  room.trySend({ by: "*", text: `${name} has left` });
}

await main(function* () {
  const server = yield* listen(
    { port: Number(process.argv[2] ?? 0), host: "127.0.0.1", limit: 10_000 },
    chats,
  );
  console.log(`listening at port ${server.port}`);
});
