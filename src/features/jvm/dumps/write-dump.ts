import { AppError } from "../../../base/errors.ts";
import type { Attacher } from "../attach/attacher.ts";
import type { JvmFile, Written } from "../files/jvm-file.ts";
import type { DumpRequest } from "./dump-schema.ts";

const TIMEOUT_MS = 600_000;

/**
 * Has a JVM write its heap.
 * @param dir the folder, as the app sees it.
 * @throws {AppError} as `Attacher.askLong`; `jvm-refused` with the JVM's own words.
 */
export async function writeDump(
  { jvm, wish, nameInApp, givenUp }: JvmFile<DumpRequest>,
  attacher: Attacher,
  dir: string,
): Promise<Written> {
  const path = `${dir.replace(/\/$/, "")}/${nameInApp}`;
  const which = wish.live ? "-live" : "-all";
  // The third argument compresses, since Java 15; older ones pass over it.
  const said = await attacher.askLong(
    jvm,
    { timeoutMs: TIMEOUT_MS, signal: givenUp },
    ...(["dumpheap", path, which, "1"] as const),
  );
  if (said.includes("created")) return { note: null };
  throw new AppError("jvm-refused", `The JVM says: ${said.trim().replace(/\s+/g, " ").slice(0, 300)}`);
}
