/**
 * What passes between a pool and its workers. Several messages may come in one list, because posting costs more than what
 * most messages carry. A message is a list as well: the names of an object's properties would be written and read again
 * each time.
 *
 *     pool                                 worker
 *       │ ◀────────────────────── ready ────── │  it has loaded, and can take calls
 *       │ ── define, start ──────────────────▶ │  a routine by its number; a call of it
 *       │ ── cancel ─────────────────────────▶ │  the call's fiber is cancelled
 *       │ ◀───────── flows, in both ways ────▶ │  messages of channels: see flow.ts
 *       │ ◀──────────────────── end ────────── │  how the call has ended
 *       │ ── close ──────────────────────────▶ │  no call is left: the thread ends
 */
import type { MessagePort, TransferListItem } from "node:worker_threads";
import type { SentError } from "./errors.js";

/** What a worker is started with. */
export interface Settings {
  /** `worker 2 of workers "images"`, for messages. */
  readonly what: string;
  readonly port: MessagePort;
}

export const DEFINE = 0;
export const START = 1;
export const CANCEL = 2;
export const CLOSE = 3;
export const READY = 4;
export const END = 5;
export const FLOW = 6;

/** Gives a routine a number, so that its address need not come with each call. */
export type Define = readonly [kind: typeof DEFINE, routine: number, module: string, name: string];

export type Start = readonly [
  kind: typeof START,
  id: number,
  routine: number,
  args: readonly unknown[],
  more?: StartMore,
];

/** What most calls do not have. */
interface StartMore {
  /** Which arguments are halves of channels, and which way their messages go. */
  readonly flows: readonly FlowPlace[] | undefined;
  /** Milliseconds until the caller's deadline. Threads have no clock in common, on every host. */
  readonly left: number | undefined;
  /** The values of shared contexts. */
  readonly contexts: readonly (readonly [name: string, value: unknown])[] | undefined;
}

export interface FlowPlace {
  readonly flow: number;
  readonly argument: number;
  /** The messages go to the worker. */
  readonly inward: boolean;
}

type Cancel = readonly [kind: typeof CANCEL, id: number, reason: unknown];
type Close = readonly [kind: typeof CLOSE];
type Ready = readonly [kind: typeof READY];

export type How = "returned" | "failed" | "cancelled" | "deadline";

export type End = readonly [
  kind: typeof END,
  id: number,
  how: How,
  /** The result, a {@link SentError}, or why it was cancelled. */
  value: unknown,
  /** What the call has not received of its channels. */
  left?: readonly Left[],
];

/** Messages that came for a call and that nobody has received. */
export interface Left {
  readonly flow: number;
  readonly count: number;
  /** Those among them that were transferred, by their place: who sent them has them no more. */
  readonly moved: readonly (readonly [place: number, message: FlowItem])[];
}

/** A message of a channel. The list is of what was transferred with it. */
export interface FlowItem {
  readonly value: unknown;
  readonly list: readonly TransferListItem[] | undefined;
}

export type FlowStep =
  /** A message. */
  | { readonly does: "item"; readonly item: FlowItem }
  /** So many messages were received: as many more may come. */
  | { readonly does: "more"; readonly count: number }
  /** Nothing more comes: the channel was closed, perhaps with an error. */
  | { readonly does: "end"; readonly error: SentError | undefined }
  /** Nobody receives any more. */
  | { readonly does: "stop" };

export type Flow = readonly [kind: typeof FLOW, flow: number, step: FlowStep];

export type ToWorker = Define | Start | Cancel | Close | Flow;
export type ToPool = Ready | End | Flow;
