import cluster from "node:cluster";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { isToWorker, type ToPrimary } from "./messages.ts";
import { ClusterWorker } from "./worker.ts";

/** The edge of a worker process. It imports nothing of the app: what a worker loads, each of them holds in memory. */

// The terminal sends Ctrl-C to all processes, and some inits every signal: it is for the primary to say what follows.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);

let worker: ClusterWorker | undefined;
/** Made by the primary, which may have no time left to remove it. */
let relayFolder: string | undefined;

// Without the primary there is no app, and nobody who takes the log. Before node:cluster's own listener, which would
// exit in order, and so try to write what is left of the log.
process.prependListener("disconnect", () => {
  if (cluster.worker?.exitedAfterDisconnect === true) return;
  if (relayFolder !== undefined) rmSync(relayFolder, { recursive: true, force: true });
  process.kill(process.pid, "SIGKILL");
});

process.on("message", (message: unknown) => {
  if (!isToWorker(message)) return;
  if (message.kind === "begin") {
    relayFolder = dirname(message.assignment.relay.path);
    worker = new ClusterWorker(message.assignment, { tell, leave });
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
  cluster.worker?.disconnect();
}
