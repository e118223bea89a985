/** An nginx of its own for a test, where it is installed. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

function isThere(): boolean {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Why a test is skipped, if it is. */
export const withoutNginx: string | false = !isThere() && "no nginx here";

/** Starts one with a server of these directives. The end of the test ends it. */
export async function nginx(
  t: TestContext,
  directives: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "fibril-nginx-"));
  mkdirSync(join(folder, "html"));
  for (const name in files) writeFileSync(join(folder, "html", name), files[name] as string);
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
     events {}
     http {
       access_log off;
       ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n")}
       server { listen 127.0.0.1:${port}; root ${folder}/html; ${directives} }
     }`,
  );
  const child = spawn("nginx", ["-p", folder, "-c", "nginx.conf", "-e", "error.log"]);
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  await listens(port, child);
  return `http://127.0.0.1:${port}`;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function listens(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 500 && child.exitCode === null; tries++) {
    const socket = net.connect(port, "127.0.0.1");
    // oxlint-disable-next-line no-await-in-loop -- until it listens
    const open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    // oxlint-disable-next-line no-await-in-loop -- until it listens
    await delay(10);
  }
  throw new Error("nginx does not listen");
}
