/**
 * The contexts in which runs were called: what their fibers find in an `AsyncLocalStorage`.
 *
 * An `AsyncResource` remembers the context in which it was made. Most runs of a program have the same context,
 * or an empty one, and then the scheduler changes the context only once a turn. To find out whether two
 * contexts are the same without asking each storage, this file looks into the resource itself:
 *
 * - Node since 24 keeps a *frame* in it, a map of all values, which is never changed;
 * - Node before 24 keeps each value in a property of its own, which `enterWith` writes;
 * - Deno, Bun and any other host do not show their values. There, each run's context counts as different.
 */
import type { Ambient, Ambients } from "../core/index.js";
import { type AsyncHooks, type Resource, resources } from "./async-hooks.js";

/**
 * The values in the storages, in an order that depends on the host's kind. A flat list keeps it small, because
 * each request of a server has one.
 */
type Values = readonly unknown[];

/** A context in which something is set. One in which nothing is set is null. */
class Remembered implements Ambient {
  readonly resource: Resource;
  readonly values: Values | undefined;

  constructor(resource: Resource, values: Values | undefined) {
    this.resource = resource;
    this.values = values;
  }
}

/** How this host keeps values in resources. */
interface Kind {
  valuesOf(resource: Resource): Values | undefined;
  /** A resource in which nothing is set; undefined where there is no way to make one. */
  emptied(resource: Resource): Resource | undefined;
  /** Takes back what `enterWith` has changed in the resource while it was entered. */
  restore?(resource: Resource, values: Values): void;
}

export function ambientsOf(hooks: AsyncHooks): Ambients {
  const make = resources(hooks);
  let kind: Kind | undefined;
  let empty: Resource | undefined;
  const known = (): Kind => {
    if (kind === undefined) {
      kind = kindOf(make(), hooks);
      empty = kind.emptied(make());
    }
    return kind;
  };
  /** Has a name of its own, by which it is recognised in the stacks of a bundle (error-trail.ts). */
  function enterAmbient(ambient: Ambient | null, call: () => void): void {
    const kind = known();
    const remembered = ambient as Remembered | null;
    const resource = remembered === null ? empty : remembered.resource;
    if (resource === undefined) return call();
    if (kind.restore === undefined) return resource.runInAsyncScope(call);
    try {
      resource.runInAsyncScope(call);
    } finally {
      kind.restore(resource, remembered?.values ?? NOTHING);
    }
  }
  return {
    present(like) {
      const resource = make();
      const values = known().valuesOf(resource);
      if (values === undefined) return new Remembered(resource, undefined);
      if (values.length === 0) return null;
      const other = (like as Remembered | null)?.values;
      return other !== undefined && same(values, other) ? like : new Remembered(resource, values);
    },
    enter: enterAmbient,
  };
}

const NOTHING: Values = [];

function same(one: Values, other: Values): boolean {
  for (let index = Math.max(one.length, other.length) - 1; index >= 0; index--) {
    if (!Object.is(one[index], other[index])) return false;
  }
  return true;
}

/** Decided by what storages and resources look like, not by version, because Node has options for either kind. */
function kindOf(resource: Resource, { AsyncLocalStorage }: AsyncHooks): Kind {
  const property = Reflect.get(new AsyncLocalStorage(), "kResourceStore") as unknown;
  const frame = Object.getOwnPropertySymbols(resource).find(
    ({ description }) => description === "context_frame",
  );
  if (typeof property === "symbol" && frame === undefined) {
    return new Properties(property.description);
  }
  return property === undefined && frame !== undefined ? new Frames(frame) : UNKNOWN;
}

const UNKNOWN: Kind = { valuesOf: () => undefined, emptied: () => undefined };

const mapOf = Map.prototype;

class Frames implements Kind {
  readonly #key: symbol;

  constructor(key: symbol) {
    this.#key = key;
  }

  valuesOf(resource: Resource): Values | undefined {
    const frame = Reflect.get(resource, this.#key) as unknown;
    if (frame === undefined) return NOTHING;
    const values: unknown[] = [];
    try {
      // The frame is a map, but of a class of Node's that does not inherit from `Map.prototype`.
      mapOf.forEach.call(frame as Map<unknown, unknown>, (value, storage) => {
        if (value !== undefined) values.push(storage, value);
      });
    } catch {
      return undefined;
    }
    return values;
  }

  emptied(resource: Resource): Resource {
    Reflect.set(resource, this.#key, undefined);
    return resource;
  }
}

/** Node before 24: every storage has a symbol of its own, and all of them have the same description. */
class Properties implements Kind {
  readonly #description: string | undefined;
  /** The symbols seen in any resource so far. Looking through a resource takes longer than entering it. */
  readonly #known: symbol[] = [];

  constructor(description: string | undefined) {
    this.#description = description;
  }

  valuesOf(resource: Resource): Values {
    const symbols = Object.getOwnPropertySymbols(resource);
    if (symbols.length === NUMBERS) return NOTHING;
    for (const key of symbols) {
      if (key.description === this.#description && !this.#known.includes(key))
        this.#known.push(key);
    }
    const held = resource as unknown as Record<symbol, unknown>;
    const values = this.#known.map((key) => held[key]);
    return values.every((value) => value === undefined) ? NOTHING : values;
  }

  emptied(resource: Resource): Resource {
    this.valuesOf(resource);
    this.restore(resource, NOTHING);
    return resource;
  }

  restore(resource: Resource, values: Values): void {
    const held = resource as unknown as Record<symbol, unknown>;
    const known = this.#known;
    for (let index = 0; index < known.length; index++) {
      const key = known[index] as symbol;
      if (held[key] !== values[index]) held[key] = values[index];
    }
  }
}

/** How many symbols every resource has, which hold its ids. */
const NUMBERS = 2;
