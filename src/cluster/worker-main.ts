import { rmSync } from "node:fs";
import { Socket } from "node:net";
import { dirname } from "node:path";
import { isToWorker, type ToPrimary } from "./messages.ts";
import { ClusterWorker } from "./worker.ts";

/** The edge of a worker process. It imports nothing of the app: what a worker loads, each of them holds in memory. */

// The terminal sends Ctrl-C to all processes, and some inits every signal: it is for the primary to say what follows.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);

let worker: ClusterWorker | undefined;
/** Made by the primary, which may have no time left to remove it. */
let relayFolder: string | undefined;
let isLeaving = false;

// Without the primary there is no app, and nobody who takes the log: to exit in order would be to try to write it.
process.on("disconnect", () => {
  if (isLeaving) return;
  if (relayFolder !== undefined) rmSync(relayFolder, { recursive: true, force: true });
  process.kill(process.pid, "SIGKILL");
});

process.on("message", (message: unknown, handle: unknown) => {
  if (!isToWorker(message)) return;
  if (message.kind === "begin") {
    relayFolder = dirname(message.assignment.relay.path);
    worker = new ClusterWorker(message.assignment, { tell, leave });
  } else if (message.kind === "connection") {
    // Without one where the client had gone before it could be sent.
    worker?.take(handle instanceof Socket ? handle : undefined);
  } else {
    void worker?.obey(message);
  }
});

function tell(message: ToPrimary): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Whom it does not reach is gone, and this process is about to be.
  if (process.send === undefined) resolve();
  else process.send(message, undefined, {}, () => resolve());
  return promise;
}

/** What was cut has still to close, and to be logged: then nothing keeps the process alive. */
function leave(): void {
  isLeaving = true;
  if (process.connected) process.disconnect?.();
}
