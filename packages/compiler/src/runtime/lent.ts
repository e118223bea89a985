/**
 * Puts private fields into objects that were made elsewhere, where neither reflection nor a proxy nor an heir shows them.
 *
 * A class that extends this one gives `super` the object, and its private fields are then added to that object.
 */
export const Lent = function (object: object): object {
  return object;
} as unknown as new (object: object) => object;
