/** What hash-job.ts has done in its workers. */
import { createHash } from "node:crypto";
import { breathe } from "fibril";

/** Hashes a chunk so many times over. Between two rounds it gives way, so that it can be called off. */
export function* hashOf({ bytes, rounds }: { bytes: Uint8Array; rounds: number }) {
  let digest = "";
  for (let round = 0; round < rounds; round++) {
    digest = createHash("sha256").update(digest).update(bytes).digest("hex");
    yield* breathe();
  }
  return digest;
}
