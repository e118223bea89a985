/** The hosts' own functions, by what they do: the library is compiled without any host's types. */

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
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  setImmediate?(callback: () => void): unknown;
  readonly MessageChannel?: new () => {
    readonly port1: { onmessage: (() => void) | null };
    readonly port2: { postMessage(message: unknown): void };
  };
  reportError?(error: unknown): void;
  readonly console: { error(...values: unknown[]): void };
  readonly process?: HostProcess;
}

export const globals: HostGlobals = globalThis as unknown as HostGlobals;
