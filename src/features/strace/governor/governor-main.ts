/**
 * The governor's thread: watches over the app while it is traced. It has an event loop of its own, so that it goes on
 * where the main thread is blocked, and it shares nothing with it that either could hold.
 */
import { parentPort } from "node:worker_threads";
import { openThrottleMeter } from "../../../linux/cgroup/throttle-meter.ts";
import { isWatchOrder } from "./watch-order.ts";
import { createWatcher, LOOK_MS, type Watcher } from "./watcher.ts";

const watchers = new Set<Watcher>();
const meter = await openThrottleMeter(process.pid);
let timer: NodeJS.Timeout | undefined;

function look(): void {
  const nowMs = performance.now();
  meter.look(nowMs);
  for (const watcher of watchers) {
    if (watcher.look(nowMs)) continue;
    watchers.delete(watcher);
    watcher[Symbol.dispose]();
  }
  if (watchers.size > 0) return;
  clearInterval(timer);
  timer = undefined;
  meter.forget();
}

parentPort?.on("message", (message: unknown) => {
  if (!isWatchOrder(message)) return;
  const watcher = createWatcher(message, meter);
  if (watcher === undefined) return;
  watchers.add(watcher);
  timer ??= setInterval(look, LOOK_MS);
  look();
});
parentPort?.postMessage("ready");
