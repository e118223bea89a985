/**
 * What has failed in a scope: each error once, however many ways it arrived.
 *
 * A child's error reaches the scope when the child ends. It may arrive a second time through a fiber that
 * joined the child, as it is or wrapped in another error (as its `cause`, say). It may also be inside the
 * AggregateErrors of several inner scopes. Nesting is kept where it adds information. An error that is
 * already listed is left out, and a wrapper takes the place of the error that it wraps.
 *
 * `listed` maps each error that the list contains, at any depth, to its place. The scope passes the map on to
 * the AggregateError that it throws, and the next outer scope merges it with its own, the smaller map into
 * the larger. So ten thousand errors, or scopes a thousand deep, cost each error its own way outwards and
 * no more.
 */
import { eachWrapped } from "../kernel/wrapped-errors.js";

/** In place of an index into the list: the error is in an AggregateError of the list, or is wrapped. */
const NESTED = -1;
const WRAPPED = -2;

type Listed = Map<unknown, number>;

/** What is known of an AggregateError that a scope made. One that the program made is a plain error. */
interface Group {
  readonly list: readonly unknown[];
  /** The map of the scope that made it; null once an outer scope has taken it over. */
  listed: Listed | null;
}

const groups = new WeakMap<object, Group>();

/** Takes the place, in the list, of an error whose wrapper arrived later. */
const GONE: unique symbol = Symbol("fibril.gone");

export class Failures {
  private readonly list: unknown[] = [];
  private listed: Listed = new Map();
  /** Errors inside an AggregateError of the list whose wrappers arrived later. */
  private hidden: Set<unknown> | null = null;

  /** How many have arrived, including those that were wrapped later. */
  get size(): number {
    return this.list.length;
  }

  /** The error that arrived first, or its wrapper. */
  get first(): unknown {
    return this.list.find((each) => each !== GONE);
  }

  add(error: unknown): void {
    if (this.listed.has(error)) return;
    const group = groupOf(error);
    if (group === undefined) this.addOne(error);
    else this.addGroup(error, group);
  }

  /** What the scope throws: one error as it is, several as an AggregateError. */
  together(): unknown {
    const { hidden, listed } = this;
    const list: unknown[] = [];
    for (const each of this.list) {
      if (each === GONE) continue;
      const left = hidden === null ? [each] : leftOf(each, hidden);
      if (left[0] !== each) listed.delete(each);
      for (const one of left) {
        listed.set(one, NESTED);
        list.push(one);
      }
    }
    if (list.length !== 1) return newGroup(list, listed);
    const group = groupOf(list[0]);
    if (group !== undefined) group.listed ??= listed;
    return list[0];
  }

  private addOne(error: unknown): void {
    this.listed.set(error, WRAPPED);
    let place = this.list.length;
    eachWrapped(error, (each) => {
      const at = this.listed.get(each);
      if (at === undefined) this.listed.set(each, WRAPPED);
      else if (at >= 0 && at < place) place = at;
      this.hide(each);
      return at === undefined;
    });
    this.list[place] = error;
    this.listed.set(error, place);
  }

  private addGroup(error: unknown, group: Group): void {
    const inner = listedOf(error, group);
    const { repeated, wrapped } = this.common(inner);
    const left = repeated.size === 0 ? [error] : leftOf(error, repeated);
    // Of two errors that wrap each other, one must stay.
    const hidden = repeated.size === 0 || wrapped.length === 0 ? wrapped : wrappedIn(left);
    for (const each of hidden) this.hide(each);
    this.merge(inner);
    this.listed.delete(error);
    for (const each of left) this.listed.set(each, this.list.push(each) - 1);
  }

  /** What an AggregateError repeats of this list (`repeated`), and what it wraps of this list (`wrapped`). */
  private common(inner: Listed): { readonly repeated: Set<unknown>; readonly wrapped: unknown[] } {
    const { listed } = this;
    const repeated = new Set<unknown>();
    const wrapped: unknown[] = [];
    const [small, large] = inner.size < listed.size ? [inner, listed] : [listed, inner];
    for (const key of small.keys()) {
      if (!large.has(key)) continue;
      if (inner.get(key) !== WRAPPED) repeated.add(key);
      else if (listed.get(key) !== WRAPPED) wrapped.push(key);
    }
    return { repeated, wrapped };
  }

  /** Takes over the map of an AggregateError. For errors in both maps, this scope's entry counts. */
  private merge(inner: Listed): void {
    const { listed } = this;
    if (inner.size <= listed.size) {
      for (const [key, at] of inner) if (!listed.has(key)) listed.set(key, at);
    } else {
      for (const [key, at] of listed) inner.set(key, at);
      this.listed = inner;
    }
  }

  /** An error is in a wrapper now: takes it out of the list. */
  private hide(error: unknown): void {
    const at = this.listed.get(error);
    if (at === undefined || at === WRAPPED) return;
    if (at === NESTED) (this.hidden ??= new Set()).add(error);
    else this.list[at] = GONE;
    this.listed.set(error, WRAPPED);
  }
}

/** What the scope throws: see {@link Failures}. */
export function together(failures: Failures): unknown {
  return failures.together();
}

/**
 * The part of an error that is not in `known` yet, as a list of none or one; adds that part to `known`.
 * For reporting each error once.
 */
export function untold(error: unknown, known: WeakSet<object>): unknown[] {
  const repeated = new Set<unknown>();
  const fresh = (each: object): boolean => !known.has(each) && known.add(each) !== undefined;
  eachLeaf(error, (leaf) => {
    if (typeof leaf !== "object" || leaf === null) return;
    if (fresh(leaf)) eachWrapped(leaf, fresh);
    else repeated.add(leaf);
  });
  return leftOf(error, repeated);
}

function groupOf(error: unknown): Group | undefined {
  return typeof error === "object" && error !== null ? groups.get(error) : undefined;
}

function newGroup(list: readonly unknown[], listed: Listed | null): unknown {
  const error = new AggregateError(list, `${list.length} errors in one scope`);
  groups.set(error, { list, listed });
  return error;
}

/** The map of an AggregateError. When another scope has taken it over, it is made again from the error. */
function listedOf(error: unknown, group: Group): Listed {
  const { listed } = group;
  group.listed = null;
  if (listed !== null) return listed;
  const read: Listed = new Map();
  const wrapped = (each: object): boolean => !read.has(each) && read.set(each, WRAPPED).size > 0;
  eachLeaf(error, (leaf) => {
    read.set(leaf, NESTED);
    eachWrapped(leaf, wrapped);
  });
  return read;
}

/** Visits the errors within the AggregateErrors of scopes. Uses a list instead of recursion: they may nest deeply. */
function eachLeaf(error: unknown, visit: (leaf: unknown) => void): void {
  const open: unknown[] = [error];
  while (open.length > 0) {
    const each = open.pop();
    const list = groupOf(each)?.list;
    if (list === undefined) visit(each);
    else for (let i = list.length; i > 0; i--) open.push(list[i - 1]);
  }
}

function wrappedIn(errors: readonly unknown[]): Set<unknown> {
  const wrapped = new Set<unknown>();
  for (const error of errors) {
    eachLeaf(error, (leaf) => {
      eachWrapped(leaf, (each) => !wrapped.has(each) && wrapped.add(each).size > 0);
    });
  }
  return wrapped;
}

interface Visit {
  readonly error: unknown;
  readonly list: readonly unknown[];
  readonly left: unknown[];
  at: number;
}

/** The error without the errors in `out`, as a list of none or one. */
function leftOf(error: unknown, out: ReadonlySet<unknown>): unknown[] {
  let visit: Visit = { error: undefined, list: [error], left: [], at: 0 };
  const path: Visit[] = [];
  for (;;) {
    const { left, list } = visit;
    if (visit.at < list.length) {
      const each = list[visit.at++];
      const group = groupOf(each);
      if (out.has(each)) continue;
      if (group === undefined) left.push(each);
      else {
        path.push(visit);
        visit = { error: each, list: group.list, left: [], at: 0 };
      }
      continue;
    }
    const outer = path.pop();
    if (outer === undefined) return left;
    const same = left.length === list.length && left.every((each, i) => each === list[i]);
    if (same) outer.left.push(visit.error);
    else if (left.length > 0) outer.left.push(left.length === 1 ? left[0] : newGroup(left, null));
    visit = outer;
  }
}
