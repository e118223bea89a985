/** How direct style sees a type of the library: what gives an op there, results in what the op results in here. */
import type { Op } from "../frames.js";

/** An object whose methods result in what the ops of the methods of `Type` result in. Methods with type parameters stay. */
export type Direct<Type> = {
  [Key in keyof Type]: Type[Key] extends (...args: infer Args) => Op<infer Result, any, any>
    ? (...args: Args) => Result
    : Type[Key];
};

/** The same without some members, which are given other types. */
export type DirectBut<Type, Keys extends keyof Type> = Omit<Direct<Type>, Keys>;

/** The type as it is, and as direct style sees it: both are the same object. */
export type Either<Type> = Type | Direct<Type>;

/** The class of objects that a function of the library makes. */
export type Made<Type> = abstract new (...args: never) => Type;
