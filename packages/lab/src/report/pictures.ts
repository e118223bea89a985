/** Every picture that can be made from the results, in the order of the report. */
import type { Profile, Result } from "../cell.js";
import type { Picture } from "./picture.js";
import { cause } from "./pictures/cause.js";
import { creation } from "./pictures/creation.js";
import { depth } from "./pictures/depth.js";
import { flame } from "./pictures/flame.js";
import { pauses } from "./pictures/pauses.js";
import { rates } from "./pictures/rates.js";
import { suites } from "./pictures/suites.js";

export function pictures(results: readonly Result[], profiles: readonly Profile[] = []): Picture[] {
  return [
    ...rates(results),
    ...creation(results),
    ...depth(results),
    ...cause(results),
    ...pauses(results),
    ...suites(results),
    ...flame(profiles),
  ];
}
