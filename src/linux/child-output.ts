import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

/** The end of the program, and of its output; a grandchild that keeps the output open is not waited for. */
export async function endOf(child: ChildProcess): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  child.once("close", resolve);
  child.once("error", () => {
    if (child.pid === undefined) resolve();
  });
  child.once("exit", () => {
    const timer = setTimeout(resolve, 500);
    child.once("close", () => clearTimeout(timer));
  });
  await closed;
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Keeps the first `maxBytes` of an output and throws the rest away. */
export function collect(stream: Readable | null, maxBytes: number): () => string {
  const kept: Buffer[] = [];
  let bytes = 0;
  stream?.on("data", (chunk: Buffer) => {
    const part = chunk.subarray(0, maxBytes - bytes);
    if (part.length === 0) return;
    kept.push(part);
    bytes += part.length;
  });
  return () => Buffer.concat(kept).toString("utf8");
}
