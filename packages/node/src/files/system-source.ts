import { type Listener, twoReaders } from "fibril/extend";

/** A source whose chunks come from calls of the system: the one reader that waits is told when a call has returned. */
export abstract class SystemSource {
  readonly what: string;
  #listener: Listener | null;

  constructor(what: string) {
    this.what = what;
    this.#listener = null;
  }

  listen(listener: Listener): void {
    if (this.#listener !== null) throw twoReaders(this.what);
    this.#listener = listener;
  }

  unlisten(): void {
    this.#listener = null;
  }

  protected tell(): void {
    this.#listener?.told();
  }
}
