/** A server of HTTP for one test. */
import net from "node:net";
import { type Op, run, scope, until } from "fibril";
import { type HttpServer, type RequestHandler, serve, type ServeOptions } from "@fibril/node";

export const HERE = { port: 0, host: "127.0.0.1" } as const;

/** Runs a body against a server, and closes it. */
export function serving(
  handler: RequestHandler,
  body: (server: HttpServer) => Generator<any, void, any>,
  options: Partial<ServeOptions> = {},
): Promise<void> {
  return run(function* () {
    const server = yield* serve({ ...HERE, ...options }, handler);
    yield* scope(() => body(server));
    yield* server.close({ grace: 0 });
  });
}

/** What a raw client gets for what it sends, until the other side closes. */
export function raw(server: HttpServer, request: string): Op<string> {
  return until(
    new Promise<string>((resolve) => {
      let answer = "";
      const socket = net.connect(server.port!, "127.0.0.1", () => socket.write(request));
      socket.setEncoding("utf8").on("data", (chunk: string) => void (answer += chunk));
      socket.on("close", () => resolve(answer));
      socket.on("error", () => {});
    }),
  );
}
