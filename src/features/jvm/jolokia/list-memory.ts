import { createHash } from "node:crypto";

/** Remembers when the names of a JVM's MBeans were last seen to be others than before. */
export interface ListMemory {
  /** Sees the names as they are now; tells whether they were so already at that time, in seconds since 1970. */
  isUnchangedSince(names: readonly string[], since: number | undefined): boolean;
}

/** Makes one that has seen nothing: it does not know what was before. */
export function createListMemory(now: () => number = Date.now): ListMemory {
  let seen = "";
  let changedSeconds = 0;
  return {
    isUnchangedSince(names, since) {
      const hash = createHash("sha256").update(JSON.stringify(names.toSorted())).digest("base64");
      if (hash !== seen) changedSeconds = Math.floor(now() / 1_000);
      seen = hash;
      // Within the same second it may have changed after the answer that has this time.
      return since !== undefined && changedSeconds < since;
    },
  };
}
