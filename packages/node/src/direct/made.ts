/** The class of objects that a function of this package makes. */
export type Made<Type> = abstract new (...args: never) => Type;
