/** The same as fibril.mjs in direct style. It runs only as the build has compiled it: dist/compiled/net. */
"use fibers";
import { listen, reply, serve } from "@fibril/node/direct";
import { run } from "fibril/direct";
import { measure } from "#lab/net/bench.js";

const HERE = { port: 0, host: "0.0.0.0", backlog: 4_096 };

/** Runs a server for as long as the program does, and gives its port. */
const opened = (server) =>
  new Promise((resolve, reject) => {
    run(() => resolve(server().port)).then(undefined, reject);
  });

await measure({
  http: () => opened(() => serve(HERE, () => reply("hello"))),
  echo: () =>
    opened(() =>
      listen(HERE, (connection) => {
        for (;;) {
          const chunk = connection.read();
          if (chunk === undefined) return;
          connection.write(chunk);
        }
      }),
    ),
});
