/**
 * `fibril/testing`: virtual time, random orders that can be repeated, and a check for leaked fibers.
 */
export { VirtualHost, type VirtualHostOptions } from "./virtual-host.js";
export {
  simulate,
  type SimulatedRoutine,
  type SimulateOptions,
  type Simulation,
} from "./simulate.js";
export { expectNoLeaks } from "./leaks.js";
export { SimulationError } from "../core/index.js";
