/**
 * Where the variables of the printed functions live, and which parts of the text these places change.
 *
 * Before a node is printed as it was written, it is asked whether anything inside it has changed, while every function
 * that is printed adds changes. So they are counted in a Fenwick tree over the text: an entry of it is the sum of as many
 * offsets as its index's lowest bit says, and adding and asking take a step for each bit.
 */
import type { Variable } from "./scopes.js";
import type { Storage } from "./storage.js";

export class Places {
  readonly #storages: Map<Variable, Storage> = new Map();
  /** The variables in the order in which they got a place. */
  readonly #order: Variable[] = [];
  readonly #sums: Int32Array;

  constructor(length: number) {
    this.#sums = new Int32Array(length + 2);
  }

  get(variable: Variable): Storage | undefined {
    return this.#storages.get(variable);
  }

  has(variable: Variable): boolean {
    return this.#storages.has(variable);
  }

  /** Gives a variable its place. When its name is final, `settle` has to be called. */
  set(variable: Variable, storage: Storage): void {
    const before = this.#storages.get(variable);
    if (before === undefined) this.#order.push(variable);
    else this.#count(before, -1);
    this.#storages.set(variable, storage);
  }

  settle(storage: Storage): void {
    this.#count(storage, 1);
  }

  /** To be given to `release`, which takes back all places that were given since. */
  mark(): number {
    return this.#order.length;
  }

  release(mark: number): void {
    for (const variable of this.#order.splice(mark)) {
      this.#count(this.#storages.get(variable) as Storage, -1);
      this.#storages.delete(variable);
    }
  }

  /** Something at this offset is printed otherwise than it was written, wherever variables live. */
  change(offset: number, by = 1): void {
    const sums = this.#sums;
    for (let at = offset + 1; at < sums.length; at += at & -at)
      sums[at] = (sums[at] as number) + by;
  }

  changesIn(start: number, end: number): boolean {
    return this.#before(end) > this.#before(start);
  }

  #before(offset: number): number {
    let sum = 0;
    for (let at = offset; at > 0; at &= at - 1) sum += this.#sums[at] as number;
    return sum;
  }

  #count(storage: Storage, by: number): void {
    if (!hasMoved(storage)) return;
    for (const { node } of storage.variable.references) this.change(node.start, by);
  }
}

/** Whether a variable is printed as something else than its name. */
export function hasMoved({ variable, box, name }: Storage): boolean {
  return box !== null || name !== variable.name;
}
