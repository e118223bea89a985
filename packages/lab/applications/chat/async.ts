/** A chat room over TCP with bounded outboxes; clients that do not read are thrown out: async/await. */
import { once } from "node:events";
import net from "node:net";
import * as spec from "./spec.ts";

const { stats } = spec;

/** A bounded queue with one reader. */
class Outbox {
  readonly #items: string[] = [];
  #receiver: ((item: string | undefined) => void) | undefined;
  #closed = false;
  trySend(item: string): boolean {
    if (this.#receiver) {
      const receive = this.#receiver;
      this.#receiver = undefined;
      receive(item);
    } else if (this.#items.length < spec.CAPACITY) this.#items.push(item);
    else return false;
    return true;
  }
  drain(): string[] {
    return this.#items.splice(0);
  }
  close(): void {
    this.#closed = true;
    this.#receiver?.(undefined);
    this.#receiver = undefined;
  }
  async receive(): Promise<string | undefined> {
    if (this.#closed) return undefined;
    if (this.#items.length > 0) return this.#items.shift()!;
    return new Promise((resolve) => {
      this.#receiver = resolve;
    });
  }
}

class BrokenError extends Error {}
const isBroken = (error: unknown) =>
  error instanceof BrokenError ||
  /^(E[A-Z]+|ERR_STREAM\w*)$/.test(String((error as { code?: unknown }).code));

async function write(socket: net.Socket, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (socket.destroyed) throw new BrokenError("the connection is closed");
  if (socket.write(text)) return;
  const over = new AbortController();
  const end = () => over.abort();
  socket.once("close", end);
  signal.addEventListener("abort", end, { once: true });
  try {
    await once(socket, "drain", { signal: over.signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new BrokenError("the connection is closed", { cause });
  } finally {
    socket.off("close", end);
    signal.removeEventListener("abort", end);
  }
}

const rooms = new Map<string, Set<Client>>();
const clients = new Set<Client>();

class Client {
  readonly outbox = new Outbox();
  readonly ended: Promise<void>;
  readonly #socket: net.Socket;
  readonly #stop = new AbortController();
  readonly #idle: NodeJS.Timeout;
  #goodbye = "";
  #patience = spec.FLUSH;
  #rest = "";
  #nick: string | undefined;
  #room: Set<Client> | undefined;

  constructor(socket: net.Socket) {
    clients.add(this);
    this.#socket = socket;
    this.#idle = setTimeout(() => this.end(spec.IDLED, "idle"), spec.IDLE);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#read(chunk));
    socket.on("end", () => this.end(spec.BYE, "left"));
    socket.on("error", () => this.end("", "broken", 0));
    socket.on("close", () => this.end("", "broken", 0));
    this.ended = this.#run();
  }

  end(goodbye: string, reason?: keyof typeof stats, patience: number = spec.FLUSH): void {
    if (this.#stop.signal.aborted) return;
    if (reason) stats[reason]++;
    this.#goodbye = goodbye;
    this.#patience = patience;
    clearTimeout(this.#idle);
    this.#room?.delete(this);
    this.#stop.abort();
    this.outbox.close();
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (this.#stop.signal.aborted) return;
      this.#idle.refresh();
      this.#command(spec.parse(line));
    }
  }

  #command({ verb, rest }: ReturnType<typeof spec.parse>): void {
    if (verb === "JOIN" && this.#nick === undefined) {
      const [name = "", nick = ""] = rest.split(" ");
      this.#nick = nick;
      rooms.set(name, (this.#room = (rooms.get(name) ?? new Set()).add(this)));
      stats.joined++;
      this.outbox.trySend("* welcome\n");
      this.#tell(`* ${nick} joined\n`);
    } else if (verb === "MSG" && this.#nick !== undefined) {
      stats.messages++;
      this.#tell(`${this.#nick}: ${rest}\n`);
    } else if (verb === "QUIT") this.end(spec.BYE, "left");
  }

  #tell(text: string): void {
    for (const to of this.#room!) {
      if (to !== this && !to.outbox.trySend(text)) to.end(spec.SLOW, "slow", 0);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (let text; (text = await this.outbox.receive()) !== undefined;) {
        await write(this.#socket, text, signal);
      }
    } catch (error) {
      if (!signal.aborted && !isBroken(error)) throw error;
    }
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.#patience);
    try {
      for (const text of this.outbox.drain()) await write(this.#socket, text, limit.signal);
      await write(this.#socket, this.#goodbye, limit.signal);
      this.#socket.end();
      await once(this.#socket, "finish", { signal: limit.signal });
    } catch (error) {
      if (!limit.signal.aborted && !isBroken(error)) throw error;
    } finally {
      clearTimeout(timer);
      this.#socket.destroy();
      clients.delete(this);
    }
  }
}

const server = net.createServer({ noDelay: true }, (socket) => void new Client(socket));
await once(server.listen(0, "127.0.0.1"), "listening");
console.log("up", (server.address() as net.AddressInfo).port);
await once(process, "SIGINT");
process.exitCode = 130;
server.close();
for (const client of clients) client.end(spec.CLOSING);
await Promise.all(Array.from(clients, ({ ended }) => ended));
console.log(stats);
