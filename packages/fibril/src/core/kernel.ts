/**
 * The registers of the kernel, and what it knows of a fiber.
 *
 * All mutable state lives in the fields of one constant object, because V8 reaches them with one
 * load from a known address; module-level `let` bindings measured 15 to 25 % slower per switch.
 */
import type { Call, Label, TopFrame } from "./frame.js";
import { ATTACHED, type How, PINNED, RUNNING, START } from "./state.js";
import type { Storage } from "./storage.js";

/** A routine as the kernel sees it: something to call that gives a frame. */
type AnyRoutine = (...args: never[]) => unknown;

/** The fields of a fiber. Six, because a million fibers pay for each of them eight times over. */
export interface FiberFields {
  /** State and frame bits: see state.ts. */
  _flags: number;
  /** The routine before the start, then the top of the frame stack, then null. */
  _frame: AnyRoutine | TopFrame | Call | null;
  /** Who resumed me, and gets control when I yield or end. */
  _prev: FiberFields | null;
  /** Whom I am resuming. */
  _resuming: FiberFields | null;
  /** Inherited key-value pairs, shared until written. */
  _storage: Storage | null;
  /** Where my name comes from. */
  _label: Label;
}

/**
 * What the running code and the kernel say to each other. An op goes through three phases:
 *
 *   IDLE ──Fiber.yield(v)──▶ created ──yield*──▶ started ──kernel performs it──▶ IDLE
 *                                                             … later …
 *   IDLE ──kernel enters a generator──▶ DELIVER or RAISE ──the op's iterator takes it──▶ IDLE
 *
 * Code of a fiber runs with IDLE. So anything else, wherever the next op is created, says that an
 * earlier op was created and never run.
 */
export const IDLE: typeof START = START;

export const YIELD_CREATED = 8;
export const RESUME_CREATED = 9;
export const TRANSFER_CREATED = 10;
export const CALL_CREATED = 11;
/** The outcome is known without a switch: it goes back to the same frame at once. */
export const AGAIN_CREATED = 12;

/** Added to a created op's phase when it starts. */
export const STARTED = 8;
/** Added to a created op's phase when its start needs a closer look. */
export const WATCHED = 32;
export const YIELD_STARTED: number = YIELD_CREATED + STARTED;
export const RESUME_STARTED: number = RESUME_CREATED + STARTED;
export const TRANSFER_STARTED: number = TRANSFER_CREATED + STARTED;
export const CALL_STARTED: number = CALL_CREATED + STARTED;
export const AGAIN_STARTED: number = AGAIN_CREATED + STARTED;

/** Holds the place of the root fiber until `boot`. */
const NOBODY = null as unknown as FiberFields;

class Kernel {
  /** Where the op in hand stands: see above. */
  phase: number = IDLE;
  /** The value that the op in hand carries. */
  value: unknown = undefined;
  /** How many values the caller gave; `value` is an array of them when more than one. */
  argc: number = 0;
  /** How the target is to be entered. */
  how: How = START;
  /** The fiber that the op in hand is about. */
  target: FiberFields | null = null;
  /** The frame that a call pushes, its FRAME_BITS, and its name. */
  frame: TopFrame | null = null;
  frameBits: number = 0;
  label: Label | null = null;

  /** Stands for plain code: always alive, never yields. */
  root: FiberFields = NOBODY;
  /** Who has control. */
  current: FiberFields = NOBODY;
  /** Whose synchronous call the innermost driver serves; control coming back to it ends the driver. */
  base: FiberFields = NOBODY;
  /** The end of the root's resume chain, valid while a fiber outside the chain runs. */
  tail: FiberFields = NOBODY;

  /** Record where ops are created. */
  debug: boolean = false;
  createdAt: Error | null = null;
}

/** The registers of this copy of the library. Nothing outside the copy can reach them. */
export const K: Kernel = new Kernel();

/** Bits of the root fiber: it runs, natively, and everything hangs on it. */
export const ROOT_FLAGS: number = RUNNING | ATTACHED | PINNED;

/** Called once, when the root fiber has been made. */
export function boot(root: FiberFields): void {
  K.root = K.current = K.base = K.tail = root;
}
