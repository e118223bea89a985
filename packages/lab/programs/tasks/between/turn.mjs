/** Effection has no operation that only gives its turn away. This one waits, without a timer. */
import { action } from "effection";

const nothing = () => {};

export const turn = () =>
  action((resolve) => {
    resolve();
    return nothing;
  });
