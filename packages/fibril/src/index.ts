/**
 * Fibril: fibers for TypeScript, with Ruby's Fiber contract.
 */
export { Fiber, type FiberOptions, type FiberStatus } from "./core/fiber.ts";
export { FiberError, type FiberErrorCode } from "./core/errors.ts";
export { call, routine } from "./core/routine.ts";
export type { Op } from "./core/ops.ts";
export type { Raisable } from "./core/raise.ts";
export type { StorageKey } from "./core/storage.ts";
export type { ResumeValues, Routine, RoutineFunction, Suspension, Waitable } from "./core/types.ts";
