/**
 * Heap of an open idle connection at a server, over several loopback addresses; the clients are another process.
 *
 *     node --expose-gc packages/lab/programs/net/idle.mjs bare 8000
 *     node --expose-gc packages/lab/programs/net/idle.mjs fibril 8000
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { listen } from "@fibril/node";
import { run } from "fibril";

const [kind, count = "8000"] = process.argv.slice(2);

if (kind === "client") {
  const [{ port }] = await once(process, "message");
  for (let i = 0; i < Number(count); i++) {
    await once(net.connect({ port, host: `127.0.0.${1 + (i % 8)}` }), "connect");
  }
  process.send("open");
} else if (kind === "bare") {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("error", () => {});
  });
  await once(server.listen(0, "0.0.0.0"), "listening");
  await measure(server.address().port);
} else {
  await run(function* () {
    const server = yield* listen({ port: 0, host: "0.0.0.0" }, function* (connection) {
      for (;;) {
        const chunk = yield* connection.read();
        if (chunk === undefined) return;
        yield* connection.write(chunk);
      }
    });
    void measure(server.port);
  });
}

async function measure(port) {
  const before = heap();
  const child = fork(process.argv[1], ["client", count], { execArgv: [] });
  child.send({ port });
  await once(child, "message");
  await delay(500);
  console.log(`${kind}: ${Math.round((heap() - before) / Number(count))} bytes a connection`);
  child.kill();
  process.exit();
}

function heap() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
