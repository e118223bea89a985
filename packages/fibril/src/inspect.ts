export { setLocator, type Locator } from "./core/backtrace.ts";
