/** Errors that say how a request is answered. */
import { STATUS_CODES } from "node:http";

/**
 * Thrown by a handler, answers the request with a status and, as its text, the message. It is not told as a failure of
 * the program's.
 *
 * ```ts
 * import { HttpError } from "@fibril/node";
 *
 * const error = new HttpError(404, "there is no such page");
 * error.status; // 404
 * ```
 */
export class HttpError extends Error {
  /** From 400 to 599. */
  readonly status: number;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  /** The message is that of the status by default. Throws RangeError for a status that is not an error. */
  constructor(
    status: number,
    message: string = STATUS_CODES[status] ?? "",
    options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`an HttpError has a status from 400 to 599, not ${String(status)}`);
    }
    super(message, options);
    this.status = status;
    this.headers = options.headers ?? {};
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "HttpError", configurable: true });
  }
}
