/** Clients that talk and leave, one that does not read, and some that are still there when the server ends. */
import { once } from "node:events";
import net from "node:net";
import type { Workload } from "../support/workload.ts";

interface Client {
  readonly socket: net.Socket;
  readonly closed: Promise<unknown>;
  lines: number;
  /** The end of what it has received. */
  tail: string;
}

export async function load(scale: number): Promise<Workload> {
  const [rooms, size, messages] = scale < 0.1 ? [2, 5, 10] : [Math.round(20 * scale), 50, 20];
  return {
    args: [],
    visit: async (port, program) => {
      const talkers = await Promise.all(
        Array.from({ length: rooms }, (_, r) => fill(port, `room${r}`, size)),
      );
      const stayers = await fill(port, "lobby", 5);
      await Promise.all(talkers.map((room) => talk(room, messages)));
      const deaf = await shoutAtTheDeaf(port);
      program.kill("SIGINT");
      await Promise.all(stayers.map(({ closed }) => closed));
      const lines = talkers.flat().reduce((sum, client) => sum + client.lines, 0);
      return JSON.stringify({
        lines,
        deaf,
        goodbyes: stayers.map(({ tail }) => tail.split("\n").at(-2)),
      });
    },
  };
}

/** One after the other, so that everyone sees the same number of arrivals each time. */
async function fill(port: number, room: string, size: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let n = 0; n < size; n++) clients.push(await join(port, room, `${room}-${n}`));
  return clients;
}

async function join(port: number, room: string, nick: string): Promise<Client> {
  const socket = net.connect(port, "127.0.0.1").setEncoding("latin1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const client: Client = { socket, closed, lines: 0, tail: "" };
  socket
    .on("error", () => {})
    .on("data", (text: string) => {
      for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) client.lines++;
      client.tail = (client.tail + text).slice(-200);
    });
  socket.write(`JOIN ${room} ${nick}\n`);
  while (client.lines === 0) await once(socket, "data");
  return client;
}

/** Everybody says something and hears all others, round after round. */
async function talk(room: readonly Client[], messages: number): Promise<void> {
  const before = room.map(({ lines }) => lines);
  for (let n = 1; n <= messages; n++) {
    for (const { socket } of room) socket.write(`MSG hello for the ${n}th time from somebody\n`);
    await Promise.all(room.map((client, i) => hears(client, before[i]! + n * (room.length - 1))));
  }
  for (const { socket } of room) socket.write("QUIT\n");
  await Promise.all(room.map(({ closed }) => closed));
}

async function hears(client: Client, lines: number): Promise<void> {
  while (client.lines < lines) await once(client.socket, "data");
}

/** One shouts until the other, who does not read, has been thrown out. */
async function shoutAtTheDeaf(port: number): Promise<string> {
  const deaf = await join(port, "loud", "deaf");
  deaf.socket.pause();
  const loud = await join(port, "loud", "loud");
  const shout = `MSG ${"x".repeat(8_000)}\n`;
  for (let n = 0; n < 2_500; n++) {
    if (!loud.socket.write(shout)) await once(loud.socket, "drain");
  }
  loud.socket.write("QUIT\n");
  await loud.closed;
  deaf.socket.resume();
  await deaf.closed;
  return deaf.lines < 2_500 ? "thrown out" : "has heard everything";
}
