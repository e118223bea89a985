/** What the servers have in common. */
import { once } from "node:events";

export const TYPE = "text/plain;charset=UTF-8";

/** The answer of those that stand on node:http itself. */
export function hello(response) {
  response.writeHead(200, { "content-type": TYPE, "content-length": 5 });
  response.end("hello");
}

/** Listens on every address, because idle connections come by several, and gives the port. */
export async function listening(server) {
  await once(server.listen(0, "0.0.0.0", 4_096), "listening");
  return server.address().port;
}
