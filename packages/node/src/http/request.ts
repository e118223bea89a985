/**
 * The request that a handler receives: a Web `Request`, of which only what is asked for is made. To make all of it costs
 * half as much as everything that Node does for a request.
 */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { inspect } from "node:util";
import type { Exchange } from "./exchange.js";

/** What a request needs the real one for. */
const REST = [
  "cache",
  "credentials",
  "destination",
  "duplex",
  "integrity",
  "keepalive",
  "mode",
  "redirect",
  "referrer",
  "referrerPolicy",
  "body",
] as const;
const METHODS = ["arrayBuffer", "blob", "bytes", "clone", "formData", "json", "text"] as const;

export class IncomingRequest {
  readonly #exchange: Exchange;
  #headers: Headers | null;
  #url: string | null;
  #real: Request | null;
  #used: boolean;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#headers = null;
    this.#url = null;
    this.#real = null;
    this.#used = false;
  }

  /** What belongs to a request that a server has given; undefined for any other. */
  static exchangeOf(request: unknown): Exchange | undefined {
    return typeof request === "object" && request !== null && #exchange in request
      ? request.#exchange
      : undefined;
  }

  /** Node's message, for who reads its body; nobody else may then. The real one's stream, if it reads that already. */
  static take(request: IncomingRequest): IncomingMessage | ReadableStream<Uint8Array> {
    if (request.bodyUsed) throw new TypeError("the body of the request has been read already");
    request.#used = true;
    const body = request.#real?.body ?? null;
    if (body !== null) return body;
    request.#exchange.continues();
    return request.#exchange.incoming;
  }

  get method(): string {
    return this.#exchange.incoming.method ?? "GET";
  }

  get url(): string {
    return (this.#url ??= urlOf(this.#exchange.incoming));
  }

  get headers(): Headers {
    return (this.#headers ??= headersOf(this.#exchange.incoming));
  }

  /** Aborts when the client breaks off. */
  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  get bodyUsed(): boolean {
    return this.#used || (this.#real?.bodyUsed ?? false);
  }

  /** @internal */
  get _real(): Request {
    if (this.#real !== null) return this.#real;
    const { method } = this;
    const bare = method === "GET" || method === "HEAD";
    const rest: { body?: ReadableStream; duplex?: "half" } = {};
    if (!bare && !this.#used) {
      this.#exchange.continues();
      rest.body = Readable.toWeb(this.#exchange.incoming) as ReadableStream;
      rest.duplex = "half";
    }
    return (this.#real = new Request(this.url, {
      method,
      headers: this.headers,
      signal: this.signal,
      ...rest,
    }));
  }
}

Object.setPrototypeOf(IncomingRequest.prototype, Request.prototype);
Object.defineProperty(IncomingRequest.prototype, inspect.custom, {
  value(this: IncomingRequest) {
    return `Request { ${this.method} ${this.url} }`;
  },
});
for (const key of REST) {
  Object.defineProperty(IncomingRequest.prototype, key, {
    configurable: true,
    get(this: IncomingRequest) {
      return (this._real as unknown as Record<string, unknown>)[key];
    },
  });
}
for (const key of METHODS) {
  Object.defineProperty(IncomingRequest.prototype, key, {
    configurable: true,
    writable: true,
    value(this: IncomingRequest, ...args: unknown[]) {
      if (this.bodyUsed) throw new TypeError("the body of the request has been read already");
      return (this._real as unknown as Record<string, Function>)[key]?.(...args);
    },
  });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    // The pseudo-headers of HTTP/2.
    if (!name.startsWith(":")) headers.append(name, rawHeaders[i + 1] as string);
  }
  return headers;
}

function urlOf(incoming: IncomingMessage): string {
  const { headers, url = "/" } = incoming;
  if (!url.startsWith("/")) {
    // A proxy's client names the whole of it, and OPTIONS may be asked of the server itself.
    if (URL.canParse(url)) return new URL(url).href;
    return urlOf({ headers, url: "/", socket: incoming.socket } as IncomingMessage);
  }
  const protocol = "encrypted" in incoming.socket ? "https" : "http";
  const host = headers.host ?? (headers[":authority"] as string | undefined) ?? "localhost";
  const whole = `${protocol}://${host}${url}`;
  return URL.canParse(whole) ? new URL(whole).href : new URL(`${protocol}://localhost${url}`).href;
}
