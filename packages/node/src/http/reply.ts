/**
 * The response that a handler makes with `reply`: a Web `Response`, of which only what is asked for is made. A real one
 * makes a stream of its body, which costs as much as the rest of a request.
 */
import { inspect } from "node:util";
import { type Routine, type Waitable, Writer } from "fibril";
import {
  CALLBACK,
  calling,
  checkOptions,
  checkValue,
  type Rules,
  shown,
  TEXT,
  wholeFrom,
} from "fibril/extend";
import type { Bytes } from "../net/connection.js";

/** A body that a routine writes, no faster than the client reads. */
export type WritesBody = (writer: Writer<Bytes>) => Waitable<unknown, any, any>;

/** What a response may have for a body. */
export type Body = string | Uint8Array | ReadableStream | WritesBody | null;

/** Options of `reply` and its kin. */
export interface ReplyOptions {
  /** 200 by default. */
  readonly status?: number | undefined;
  /** The text behind the status: Node's own by default. HTTP/2 has none. */
  readonly statusText?: string | undefined;
  /** Headers of the response. Those that the body implies are added unless they are here. */
  readonly headers?: Headers | Readonly<Record<string, string>> | undefined;
}

const RULES: Rules<ReplyOptions> = {
  status: {
    takes: "a status from 200 to 599",
    holds: (value) =>
      Number.isInteger(value) && (value as number) >= 200 && (value as number) < 600,
    number: true,
  },
  statusText: TEXT,
  headers: {
    takes: "Headers, or an object of texts",
    holds: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  },
};

export class Reply {
  readonly #body: Body;
  /** The type of the body unless the headers name one. */
  readonly #type: string | null;
  readonly #status: number;
  readonly #statusText: string;
  readonly #given: ReplyOptions["headers"];
  #headers: Headers | null;
  #real: Response | null;

  constructor(
    body: Body,
    type: string | null,
    { status = 200, statusText = "", headers }: ReplyOptions,
  ) {
    this.#body = body;
    this.#type = type;
    this.#status = status;
    this.#statusText = statusText;
    this.#given = headers;
    this.#headers = null;
    this.#real = null;
  }

  static is(response: unknown): response is Reply {
    return typeof response === "object" && response !== null && #body in response;
  }

  get status(): number {
    return this.#status;
  }

  get statusText(): string {
    return this.#statusText;
  }

  get ok(): boolean {
    return this.#status < 300;
  }

  get headers(): Headers {
    if (this.#headers !== null) return this.#headers;
    const headers = (this.#headers = new Headers(this.#given));
    if (this.#type !== null && !headers.has(TYPE)) headers.set(TYPE, this.#type);
    return headers;
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false;
  }

  /** @internal The body as it was given, or the real one's when that has been made. */
  get _body(): Body {
    return this.#real === null ? this.#body : this.#real.body;
  }

  /**
   * @internal Names and values in turn, as Node writes them fastest, with the length of the body, if it is known and the
   * headers do not say it. Of plain headers, no Headers are made.
   */
  _flat(length: number | null): string[] {
    if (this.#headers !== null || this.#given instanceof Headers) {
      const list = flat(this.headers);
      if (length !== null && !this.headers.has(LENGTH)) list.push(LENGTH, String(length));
      return list;
    }
    const type = this.#type;
    if (this.#given === undefined && type !== null && length !== null) {
      return [TYPE, type, LENGTH, String(length)];
    }
    const list: string[] = [];
    let typed = type === null;
    let sized = length === null;
    for (const name in this.#given) {
      list.push(name, this.#given[name] as string);
      if (!typed && name.length === TYPE.length) typed = name.toLowerCase() === TYPE;
      if (!sized && name.length === LENGTH.length) sized = name.toLowerCase() === LENGTH;
    }
    if (!typed) list.push(TYPE, type as string);
    if (!sized) list.push(LENGTH, String(length));
    return list;
  }

  /** @internal */
  get _real(): Response {
    if (this.#real !== null) return this.#real;
    const body = this.#body;
    if (typeof body === "function") {
      throw new TypeError("a response whose body a routine writes can only be sent, not read");
    }
    return (this.#real = new Response(body as ConstructorParameters<typeof Response>[0], {
      status: this.#status,
      statusText: this.#statusText,
      headers: this.headers,
    }));
  }
}

const NONE: ReplyOptions = {};
const TYPE = "content-type";
const LENGTH = "content-length";
const TEXT_TYPE = "text/plain;charset=UTF-8";

Object.setPrototypeOf(Reply.prototype, Response.prototype);
Object.defineProperty(Reply.prototype, inspect.custom, {
  value(this: Reply) {
    return `Response { ${this.status} }`;
  },
});
for (const key of ["body", "redirected", "type", "url"] as const) {
  Object.defineProperty(Reply.prototype, key, {
    configurable: true,
    get(this: Reply) {
      return this._real[key];
    },
  });
}
for (const key of ["arrayBuffer", "blob", "bytes", "clone", "formData", "json", "text"] as const) {
  Object.defineProperty(Reply.prototype, key, {
    configurable: true,
    writable: true,
    value(this: Reply, ...args: unknown[]) {
      return (this._real as unknown as Record<string, Function>)[key]?.(...args);
    },
  });
}

export function flat(headers: Headers): string[] {
  const list: string[] = [];
  headers.forEach((value, name) => {
    if (name !== "set-cookie") list.push(name, value);
  });
  for (const cookie of headers.getSetCookie()) list.push("set-cookie", cookie);
  return list;
}

/**
 * Makes a response: a Web `Response` that is cheaper to make and to send, and whose body a routine may write. A plain
 * call. Throws TypeError and RangeError for an invalid body or options.
 *
 * ```ts
 * import { reply } from "@fibril/node";
 *
 * const text = reply("hello", { status: 201, headers: { "x-by": "fibril" } });
 * text.headers.get("content-type"); // "text/plain;charset=UTF-8"
 * const numbers = reply(function* (writer) {
 *   for (let n = 0; n < 1_000; n++) yield* writer.write(`${n}\n`);
 * });
 * numbers.status; // 200
 * ```
 */
export function reply(body: Body = null, options: ReplyOptions = NONE): Response {
  if (options !== NONE) checkOptions("reply", options, RULES);
  const kind = typeof body;
  if (
    body !== null &&
    kind !== "string" &&
    kind !== "function" &&
    !(body instanceof Uint8Array) &&
    !(body instanceof ReadableStream)
  ) {
    throw new TypeError(
      `reply takes a text, bytes, a stream, a routine that writes, or null for a body, not ${shown(body)}`,
    );
  }
  return new Reply(body, kind === "string" ? TEXT_TYPE : null, options) as unknown as Response;
}

/**
 * Makes a response of a value as JSON. A plain call. Throws TypeError for what JSON has no text for.
 *
 * ```ts
 * import { replyJson } from "@fibril/node";
 *
 * const response = replyJson({ error: "sold out" }, { status: 409 });
 * response.headers.get("content-type"); // "application/json"
 * ```
 */
export function replyJson(value: unknown, options: ReplyOptions = NONE): Response {
  const body = JSON.stringify(value) as string | undefined;
  if (body === undefined) throw new TypeError(`JSON has no text for ${shown(value)}`);
  if (options !== NONE) checkOptions("reply", options, RULES);
  return new Reply(body, JSON_TYPE, options) as unknown as Response;
}

const JSON_TYPE = "application/json";

/** One server-sent event. */
export interface ServerEvent {
  /** What it says. It may have several lines. */
  readonly data: string;
  /** Its type: `message` by default. */
  readonly event?: string | undefined;
  /** What the client sends back as `Last-Event-ID` when it connects again. */
  readonly id?: string | undefined;
  /** Milliseconds after which the client connects again. */
  readonly retry?: number | undefined;
}

const EVENT_RULES: Rules<ServerEvent> = {
  data: TEXT,
  event: TEXT,
  id: TEXT,
  retry: wholeFrom(0),
};

/** Sends server-sent events, one at a time. */
export class EventWriter {
  readonly #writer: Writer<Bytes>;

  /** @internal */
  constructor(writer: Writer<Bytes>) {
    this.#writer = writer;
  }

  /** Sends an event, or, given a text, its data. Suspends and throws as `Writer.write` does; TypeError and RangeError for what is no event. */
  send(event: ServerEvent | string): ReturnType<Writer<Bytes>["write"]> {
    return this.#writer.write(typeof event === "string" ? textOf({ data: event }) : checked(event));
  }

  /** Sends a comment, which keeps the connection from looking dead. Suspends and throws as `Writer.write` does. */
  ping(): ReturnType<Writer<Bytes>["write"]> {
    return this.#writer.write(":\n\n");
  }
}

/** A field of another kind could otherwise break out of its line. */
function checked(event: ServerEvent): string {
  checkOptions("events.send", event, EVENT_RULES);
  checkValue("the option data of events.send", event.data, TEXT);
  return textOf(event);
}

function textOf({ data, event, id, retry }: ServerEvent): string {
  let text = "";
  if (event !== undefined) text += `event: ${line("event", event)}\n`;
  if (id !== undefined) text += `id: ${line("id", id)}\n`;
  if (retry !== undefined) text += `retry: ${retry}\n`;
  return `${text}data: ${data.replaceAll(/\r\n|\r|\n/g, "\ndata: ")}\n\n`;
}

function line(field: string, text: string): string {
  if (!/[\r\n\0]/.test(text)) return text;
  throw new TypeError(`the ${field} of a server-sent event is one line`);
}

/**
 * Makes a response of server-sent events, which a routine sends. The routine is cancelled when the client breaks off. A
 * plain call. Throws TypeError and RangeError for invalid options.
 *
 * ```ts
 * import { replyEvents } from "@fibril/node";
 *
 * const ticks = replyEvents(function* (events) {
 *   for (let n = 0; n < 3; n++) yield* events.send({ event: "tick", data: String(n) });
 * });
 * ticks.headers.get("content-type"); // "text/event-stream"
 * ```
 */
export function replyEvents(
  routine: (events: EventWriter) => Waitable<unknown, any, any>,
  options: ReplyOptions = {},
): Response {
  checkValue("replyEvents", routine, CALLBACK);
  checkOptions("replyEvents", options, RULES);
  const headers = new Headers(options.headers);
  headers.set(TYPE, "text/event-stream");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-cache");
  return reply(
    function* (writer): Routine<void> {
      yield* calling(routine, new EventWriter(writer));
    },
    { ...options, headers },
  );
}
