/**
 * `fibril/testing`: virtual time, orders that can be had again, and fibers that were left behind.
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
