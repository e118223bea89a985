/** Two copies of the library in one program: each keeps to its own fibers, and names the other. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as here from "fibril";
import { VERSION } from "#core/fiber/brand";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}build/copy-${process.pid}`;
cpSync(`${root}dist`, `${folder}/dist`, { recursive: true });
after(() => rmSync(folder, { recursive: true }));
const there = (await import(
  pathToFileURL(`${folder}/dist/index.js`).href
)) as typeof import("fibril");

const named = new RegExp(
  `^fiber called across threads: the fiber belongs to fibril ${VERSION} from file:.*/copy-\\d+/, ` +
    `and was given to fibril ${VERSION} from file:.*/: make sure that the program loads only one copy`,
);

test("a fiber of the other copy is refused by everything that takes a fiber, and both are named", async () => {
  const { Fiber, FiberError, dump, monitor, unpark } = here;
  const result = await there.run(function* () {
    const parked = there.spawn(function* () {
      return yield* there.park<string>();
    });
    yield* there.yieldNow();
    const foreign = parked as unknown as here.Fiber;
    for (const call of [
      () => unpark(foreign, "from elsewhere"),
      () => monitor(foreign, () => {}),
      () => dump(foreign),
      () => Fiber.resume(foreign),
      () => Fiber.transfer(foreign),
      () => Fiber.raise(foreign, "error"),
      () => Fiber.kill(foreign),
    ]) {
      assert.throws(call, (error: unknown) => {
        assert.ok(error instanceof FiberError);
        assert.equal(error.code, "foreign");
        assert.match(error.message, named);
        return true;
      });
    }
    there.unpark(parked, "from home");
    return yield* parked;
  });
  assert.equal(result, "from home");
});

test("the version that a copy names is the package's", () => {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
  assert.equal(VERSION, manifest.version);
});
