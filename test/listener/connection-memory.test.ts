import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { poll } from "../support/poll.ts";
import { type Alone, startAlone } from "./alone.ts";

const CONNECTIONS = 40;
const PIECE_BYTES = 16_384;

/** V8's own, which is there for those who ask for it. */
function exposeGarbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("V8 has not given its garbage collector");
  return () => void collect();
}

/** Without ALPN, since a client that offers protocols keeps a small buffer itself. */
async function connectClient({ port, ca }: Alone): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, ca });
  await once(socket, "secureConnect");
  return socket;
}

/** As traffic does: what is small is cut from another piece of memory from now on. */
function useUpPool(): void {
  for (let bytes = 0; bytes < Buffer.poolSize; bytes += PIECE_BYTES) Buffer.allocUnsafe(PIECE_BYTES);
}

test("a connection does not keep the memory that Node cuts small buffers from", async () => {
  const collectGarbage = exposeGarbageCollector();
  await using alone = await startAlone();
  const sockets = [await connectClient(alone)];
  collectGarbage();
  const beforeBytes = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < CONNECTIONS; count += 1) {
    sockets.push(await connectClient(alone));
    useUpPool();
  }
  // V8 gives memory back some time after it has found that it may.
  await poll("the memory to be given back", () => {
    collectGarbage();
    return (process.memoryUsage().arrayBuffers - beforeBytes) / CONNECTIONS < Buffer.poolSize / 2;
  });
  expect(sockets.every(({ readyState }) => readyState === "open")).toBe(true);
  for (const socket of sockets) socket.destroy();
});
