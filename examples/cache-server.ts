/**
 * A cache that speaks Redis' protocol: PING, ECHO, SET (with PX), GET, DEL. A real `redis-cli` talks to it.
 *
 *     node examples/build/cache-server.js 6379
 *     redis-cli SET tea green PX 60000
 */
import { main } from "fibril";
import { type Connection, listen } from "@fibril/node";

const cache = new Map<string, { readonly value: string; readonly until: number }>();

function get(key: string): string | undefined {
  const entry = cache.get(key);
  if (entry === undefined || entry.until > Date.now()) return entry?.value;
  cache.delete(key);
  return undefined;
}

const bulk = (text: string | undefined): string =>
  text === undefined ? "$-1\r\n" : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

function answer([name = "", ...args]: readonly string[]): string {
  const [key = "", value = "", option = "", ms = ""] = args;
  switch (name.toUpperCase()) {
    case "PING":
      return "+PONG\r\n";
    case "ECHO":
      return bulk(key);
    case "SET": {
      const until = option.toUpperCase() === "PX" ? Date.now() + Number(ms) : Infinity;
      cache.set(key, { value, until });
      return "+OK\r\n";
    }
    case "GET":
      return bulk(get(key));
    case "DEL":
      return `:${args.filter((each) => cache.delete(each)).length}\r\n`;
    case "COMMAND":
      return "*0\r\n";
    default:
      return `-ERR unknown command '${name}'\r\n`;
  }
}

/** A number after a mark, such as `*3` or `$5`. */
function* count(connection: Connection, mark: string) {
  const line = yield* connection.readUntil("\r\n", { limit: 32 });
  if (line === undefined) return undefined;
  const text = Buffer.from(line).toString();
  if (!text.startsWith(mark)) throw new SyntaxError(`expected ${mark}, not ${text.trim()}`);
  return Math.min(Number(text.slice(1)), 1_000_000);
}

function* serves(connection: Connection) {
  for (;;) {
    const length = yield* count(connection, "*");
    if (length === undefined) return;
    const words: string[] = [];
    for (let i = 0; i < length; i++) {
      const size = (yield* count(connection, "$")) ?? 0;
      const word = yield* connection.read(size + 2);
      words.push(Buffer.from(word ?? []).toString("utf8", 0, size));
    }
    yield* connection.write(answer(words));
  }
}

await main(function* () {
  const server = yield* listen({ port: Number(process.argv[2] ?? 0), host: "127.0.0.1" }, serves);
  console.log(`listening at port ${server.port}`);
});
