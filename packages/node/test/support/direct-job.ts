"use fibers";
/** What threads and processes run, in direct style. */
import { sleep } from "fibril/direct";
import { reply, serve, sharedContext } from "@fibril/node/direct";

export const user = sharedContext("user of the direct job", "nobody");

export function double(n: number): number {
  sleep(1);
  return 2 * n;
}

export function greeting(): string {
  sleep(1);
  return `hello ${user.get()}`;
}

export function answers(): void {
  serve({ port: 0, host: "127.0.0.1" }, () => {
    sleep(1);
    return reply("a member");
  });
}
