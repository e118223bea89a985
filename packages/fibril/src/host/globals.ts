/** The hosts' own functions, declared here because the library is compiled without any host's types. */
export interface HostProcess {
  on(event: string, listener: (...values: unknown[]) => void): void;
  off(event: string, listener: (...values: unknown[]) => void): void;
  exit(code?: number): never;
  exitCode?: number | string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: string): unknown;
  readonly pid: number;
}

interface HostGlobals {
  readonly performance: { now(): number };
  readonly Date: { now(): number };
  readonly setTimeout: (callback: () => void, ms: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  readonly setInterval?: (callback: () => void, ms: number) => unknown;
  readonly clearInterval?: (timer: unknown) => void;
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: new () => {
    /** Node's ports keep the process alive while they are referenced. A browser's have no such methods. */
    readonly port1: { onmessage: (() => void) | null; ref?(): void; unref?(): void };
    readonly port2: { postMessage(message: unknown): void };
  };
  reportError?(error: unknown): void;
  readonly console: { error(...values: unknown[]): void };
  readonly process?: Partial<HostProcess>;
}

export const globals: HostGlobals = globalThis as unknown as HostGlobals;

/** The process, if it is a real one: in bundles and test environments, `process` may be only `{ env }`. */
export function hostProcess(): HostProcess | undefined {
  const { process } = globals;
  const whole = [process?.on, process?.off, process?.exit].every(
    (method) => typeof method === "function",
  );
  return whole ? (process as HostProcess) : undefined;
}
