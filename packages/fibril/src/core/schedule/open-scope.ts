/** How a block opens a scope. */
import { unscheduled } from "../kernel/errors.js";
import type { Label, Start } from "../kernel/frame.js";
import { Op, callOp } from "../kernel/op.js";
import { K, type ScopeKind } from "../kernel/registers.js";
import { innermost } from "../kernel/strand.js";
import { checkStrand } from "../kernel/wait.js";
import { type Instead, ScopeCore, hereScope } from "../scope/scope-core.js";
import { scopeFrame } from "../scope/scope-end.js";
import { OpenScope } from "../scope/scope.js";

/** Opens a scope around some work. Every scope of a block is opened here. */
export function openScope<Result>(
  label: Label,
  kind: ScopeKind,
  work: (scope: ScopeCore) => Start,
  instead: Instead,
): Op<Result> {
  const { current, task } = K;
  if (task === null) throw unscheduled(`${label.name}(…)`);
  checkStrand(label.name);
  // A coroutine's scope lies within a scope that belongs to its task, so that cancelling the task reaches it.
  const outer = (current === task ? innermost(task, task) : hereScope()) as ScopeCore;
  const scope = new OpenScope(kind, outer.scheduler, current, task, outer);
  return callOp(scopeFrame(work(scope), scope, instead), 0, label) as Op<Result>;
}
