/** A fiber for each request or connection, by @fibril/node. */
import { listen, reply, serve } from "@fibril/node";
import { run } from "fibril";
import { measure } from "#lab/net/bench.js";

const HERE = { port: 0, host: "0.0.0.0", backlog: 4_096 };

/** Runs a server for as long as the program does, and gives its port. */
const opened = (server) =>
  new Promise((resolve, reject) => {
    run(function* () {
      resolve((yield* server()).port);
    }).then(undefined, reject);
  });

await measure({
  http: () =>
    opened(() =>
      serve(HERE, function* () {
        return reply("hello");
      }),
    ),
  echo: () =>
    opened(() =>
      listen(HERE, function* (connection) {
        for (;;) {
          const chunk = yield* connection.read();
          if (chunk === undefined) return;
          yield* connection.write(chunk);
        }
      }),
    ),
});
