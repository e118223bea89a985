/**
 * `@fibril/node`: what a program on Fibril needs to talk to the world. Node's own modules do the protocols; these
 * functions put fibers in front of them.
 */
// Sockets.
export { fromSocket } from "./net/from-socket.js";
