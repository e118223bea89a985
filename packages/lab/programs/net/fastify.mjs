/** Fastify. */
import fastify from "fastify";
import { measure } from "#lab/net/bench.js";
import { TYPE } from "./support/hello.mjs";

await measure({
  async http() {
    const app = fastify();
    app.get("/", (_request, reply) => void reply.header("content-type", TYPE).send("hello"));
    await app.listen({ port: 0, host: "0.0.0.0" });
    return app.server.address().port;
  },
});
