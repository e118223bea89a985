/** `main` where there is no process, as in a browser. */
import { main, sleep } from "fibril";

const { process } = globalThis;
const page = globalThis as unknown as Record<string, unknown>;
page["process"] = undefined;
page["setImmediate"] = undefined;
page["reportError"] = (error: Error) => console.log(`reported: ${error.message}`);

async function script(): Promise<never> {
  await main(function* () {
    yield* sleep(1);
    throw new Error("of the page");
  });
  await main(() => sleep(1));
  console.log("resolved");
  // A page stays; here its message channel would keep the process.
  return process.exit();
}

void script();
