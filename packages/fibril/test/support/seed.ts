/**
 * FIBRIL_SEED; else another one each time, and in CI always the same, because a change is to be judged
 * by what it changes. What other seeds find is found by the long runs of CONTRIBUTING.md.
 */
export const SEED = Number(
  process.env["FIBRIL_SEED"] ??
    (process.env["CI"] === undefined ? Math.floor(Math.random() * 2 ** 31) : 17_263),
);
