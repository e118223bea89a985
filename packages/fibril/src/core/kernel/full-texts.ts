/**
 * Whether errors say in words whose fault it is and what to do, and in their stacks which routines and fibers
 * they came through. The build `dist/slim` puts a `false` here, and takes the words out of the code
 * (scripts/slim.js).
 */
export const FULL_TEXTS: boolean = true;
