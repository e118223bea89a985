import { park, spawn } from "fibril";
import type { AnyFiber } from "./body.ts";
import type { Log } from "./manual-host.ts";

/** A child that parks, and says what it was given, or what was thrown. */
export function parks(log: Log, name: string): AnyFiber {
  return spawn(name, function* () {
    try {
      log.say(`${name} gets ${String(yield* park<unknown>())}`);
    } catch (error) {
      log.say(`${name} catches ${(error as Error).name}`);
      throw error;
    } finally {
      log.say(`${name} ends`);
    }
  });
}
