/** The process of a member of a cluster: it runs one routine, until it is told to close. */
import { type Routine, type Run, run, scope, until } from "fibril";
import { calling } from "fibril/extend";
import { pack } from "../workers/errors.js";
import { routineIn } from "../workers/module.js";
import type { ToCluster, ToMember, Work } from "./protocol.js";

let running: Run<void> | undefined;

process.on("message", (message: ToMember) => {
  if (message.kind === "close") close();
  else running ??= start(message.work);
});
tell({ kind: "here" });
// A terminal sends Ctrl-C to all processes at once; what it means is for the cluster to say.
process.on("SIGINT", () => {});
process.on("SIGTERM", close);

function close(): void {
  if (running === undefined) process.exit();
  running.cancel("the cluster closes this member");
}

function start(work: Work): Run<void> {
  const serving = run({ name: work.name }, serves, work);
  serving.then(leave, (error: unknown) => {
    if (serving.fiber.outcome?.ending === "cancelled") return leave();
    tell({ kind: "failed", error: pack(error, `\n    in process ${process.pid} of a cluster`) }, 1);
  });
  return serving;
}

function* serves({ args, module, name }: Work): Routine<void> {
  const exports: Readonly<Record<string, unknown>> = yield* until(import(module));
  const routine = routineIn(module, name, exports);
  yield* scope(function* () {
    yield* calling(routine, ...args);
    tell({ kind: "ready" });
  });
}

function leave(): void {
  process.exit();
}

function tell(message: ToCluster, exitCode?: number): void {
  process.send?.(message, undefined, {}, () => {
    if (exitCode !== undefined) process.exit(exitCode);
  });
}
