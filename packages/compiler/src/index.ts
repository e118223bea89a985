/** `@fibril/compiler`: generator functions become state machines. */
export {
  type Explanation,
  transform,
  type TransformOptions,
  type TransformResult,
} from "./transform.js";
export { type Language, SourceError, type SourceType } from "./syntax/parse.js";
