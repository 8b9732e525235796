/** The thread in which contents that may take long are taken apart, so that nobody else waits for it. */
import { parentPort } from "node:worker_threads";
import { isContentOrder } from "./content-orders.ts";
import { doContentWork } from "./content-work.ts";

parentPort?.on("message", async (order: unknown) => {
  if (isContentOrder(order)) parentPort?.postMessage(await doContentWork(order));
});
