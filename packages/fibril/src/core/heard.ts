/**
 * Who has heard of a failure. A promise that nobody listens to is loud: the host reports it. Where
 * somebody else has received the error, a joiner, a monitor or a scope, that would be told twice.
 */
import type { TaskFields } from "./kernel.js";

/** The promises of fibers that have one. */
export const promises: WeakMap<TaskFields, Promise<unknown>> = new WeakMap();

/** Nobody has to listen to the fiber's promise any more. */
export function heard(task: TaskFields): void {
  promises.get(task)?.catch(ignore);
}

function ignore(): void {}
