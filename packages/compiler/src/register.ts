/**
 * `node --import @fibril/compiler/register app.js` compiles the routines of every module that is loaded, except
 * those in `node_modules`. `FIBRIL_COMPILER=all` compiles every generator function.
 */
import { register } from "node:module";

register("./loader.js", import.meta.url);
process.setSourceMapsEnabled(true);
