import { eitherWay, inRoutine, withoutTypes, withTypes } from "./support/tester.js";

eitherWay("no-swallowed-cancelled", {
  valid: [
    inRoutine("try { yield* sleep(1); } finally { console.log('closed'); }"),
    inRoutine("try { yield* sleep(1); } catch (error) { console.log(error); throw error; }"),
    inRoutine(
      "try { yield* sleep(1); } catch (error) { if (!(error instanceof RangeError)) throw error; }",
    ),
    inRoutine(
      "try { yield* sleep(1); } catch (error) { if (error instanceof Cancelled) return; console.log(error); }",
      "Cancelled, sleep",
    ),
    inRoutine("try { yield* sleep(1); } catch { if (cancelling()) return; }", "cancelling, sleep"),
    inRoutine("try { yield* sleep(1); } catch { checkpoint(); }", "checkpoint, sleep"),
    inRoutine(
      "try { yield* sleep(1); } catch (error) { rethrowIfCancelled(error); } function rethrowIfCancelled(_: unknown) {}",
    ),
    // The next wait throws Cancelled again.
    inRoutine("for (;;) { try { yield* sleep(1); } catch { yield* sleep(100); } }"),
    // No wait in it, or none where cancelling is met.
    inRoutine("try { JSON.parse('{'); } catch {} yield* sleep(1);"),
    inRoutine("try { yield* Fiber.yield(1); } catch {}", "Fiber"),
    inRoutine(
      "try { yield* shield(function* () { yield* sleep(1); }); } catch {}",
      "shield, sleep",
    ),
    inRoutine("try { spawn(function* () { yield* sleep(1); }); } catch {}", "sleep, spawn"),
    // No request reaches what is shielded.
    inRoutine(
      "yield* shield(function* () { try { yield* sleep(1); } catch {} });",
      "shield, sleep",
    ),
    inRoutine(
      "defer(close); function* close() { try { yield* sleep(1); } catch {} }",
      "defer, sleep",
    ),
    inRoutine(
      "defer(close(1)); function* close(n: number) { try { yield* sleep(n); } catch {} }",
      "defer, sleep",
    ),
    "function* count() { yield 1; } export function* plain() { try { yield* count(); } catch {} }",
    "export async function plain() { try { await fetch('/'); } catch {} }",
  ],
  invalid: [
    {
      code: inRoutine("try { yield* sleep(1); } catch (error) { console.log(error); }"),
      errors: [
        {
          messageId: "swallowed",
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "try { yield* sleep(1); } catch (error) { if (error instanceof Cancelled) throw error; console.log(error); }",
                "sleep, Cancelled",
              ),
            },
          ],
        },
      ],
    },
    {
      code: inRoutine("try { yield* sleep(1); } catch {}"),
      errors: [
        {
          messageId: "swallowed",
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "try { yield* sleep(1); } catch (error) { if (error instanceof Cancelled) throw error;}",
                "sleep, Cancelled",
              ),
            },
          ],
        },
      ],
    },
    {
      code: inRoutine(
        "try { yield* sleep(1); } catch ({ message }: any) { console.log(message); }",
      ),
      errors: [{ messageId: "swallowed", suggestions: [] }],
    },
    // A wait in a branch may not be come to; one in a function inside is another's.
    {
      code: inRoutine("try { yield* sleep(1); } catch (e: any) { if (e.code) yield* sleep(1); }"),
      errors: [
        {
          messageId: "swallowed",
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "try { yield* sleep(1); } catch (e: any) { if (e instanceof Cancelled) throw e; if (e.code) yield* sleep(1); }",
                "sleep, Cancelled",
              ),
            },
          ],
        },
      ],
    },
    {
      code: inRoutine(
        "try { yield* sleep(1); } catch { setTimeout(() => { throw new Error('late'); }); } function setTimeout(_: () => void) {}",
      ),
      errors: [
        {
          messageId: "swallowed",
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "try { yield* sleep(1); } catch (error) { if (error instanceof Cancelled) throw error; setTimeout(() => { throw new Error('late'); }); } function setTimeout(_: () => void) {}",
                "sleep, Cancelled",
              ),
            },
          ],
        },
      ],
    },
    // Once, for the innermost that swallows.
    {
      code: inRoutine("try { try { yield* sleep(1); } catch {} } catch {}"),
      errors: [
        {
          messageId: "swallowed",
          line: 3,
          column: 34,
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "try { try { yield* sleep(1); } catch (error) { if (error instanceof Cancelled) throw error;} } catch {}",
                "sleep, Cancelled",
              ),
            },
          ],
        },
      ],
    },
    {
      code: inRoutine("try { try { yield* sleep(1); } catch (error) { throw error; } } catch {}"),
      errors: [
        {
          messageId: "swallowed",
          line: 3,
          column: 67,
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "try { try { yield* sleep(1); } catch (error) { throw error; } } catch (error) { if (error instanceof Cancelled) throw error;}",
                "sleep, Cancelled",
              ),
            },
          ],
        },
      ],
    },
    // Callbacks of what is not a shield.
    {
      code: inRoutine(
        "yield* scope(function* () { try { yield* sleep(1); } catch {} });",
        "scope, sleep",
      ),
      errors: [
        {
          messageId: "swallowed",
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "yield* scope(function* () { try { yield* sleep(1); } catch (error) { if (error instanceof Cancelled) throw error;} });",
                "scope, sleep, Cancelled",
              ),
            },
          ],
        },
      ],
    },
  ],
});

withTypes("no-swallowed-cancelled", {
  valid: [
    inRoutine(
      "try { yield* sleep(1); } catch (error) { fail(error); } function fail(_: unknown): never { throw _; }",
    ),
    // Nothing of Fibril's.
    `import { sleep } from "fibril";
declare function count(): Generator<number>;
export function* plain() { try { yield* count(); } catch {} }
void sleep;`,
  ],
  invalid: [
    {
      code: inRoutine(
        "const fiber = spawn(function* () {}); try { yield* fiber; } catch {}",
        "spawn",
      ),
      errors: [
        {
          messageId: "swallowed",
          suggestions: [
            {
              messageId: "rethrow",
              output: inRoutine(
                "const fiber = spawn(function* () {}); try { yield* fiber; } catch (error) { if (error instanceof Cancelled) throw error;}",
                "spawn, Cancelled",
              ),
            },
          ],
        },
      ],
    },
  ],
});

withoutTypes("no-swallowed-cancelled", {
  valid: [
    `import { count } from "./count.js"; export function* plain() { try { yield* count(); } catch {} }`,
  ],
  invalid: [
    {
      code: `import { run } from "fibril"; import { load } from "./load.js";
void run(function* () { try { yield* load(); } catch {} });`,
      errors: [
        {
          messageId: "swallowed",
          suggestions: [
            {
              messageId: "rethrow",
              output: `import { run, Cancelled } from "fibril"; import { load } from "./load.js";
void run(function* () { try { yield* load(); } catch (error) { if (error instanceof Cancelled) throw error;} });`,
            },
          ],
        },
      ],
    },
  ],
});
