/** The same as a bare generator. */
function* counter(): Generator<number, void, void> {
  for (let times = 1; ; times++) yield times;
}

export const create = (): Generator<number, void, void> => counter();
