/**
 * Fibril: fibers for TypeScript, with Ruby's Fiber contract.
 */
export { Fiber, type FiberOptions, type FiberStatus } from "./core/fiber.js";
export { FiberError, type FiberErrorCode } from "./core/errors.js";
export { call, routine } from "./core/routine.js";
export type { Op } from "./core/ops.js";
export type { Raisable } from "./core/raise.js";
export type { StorageKey } from "./core/storage.js";
export type { ResumeValues, Routine, RoutineFunction, Suspension, Waitable } from "./core/types.js";
