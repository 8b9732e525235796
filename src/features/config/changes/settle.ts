import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../../web/log.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { type ReloadDeps, reloadCore } from "../reload/reload.ts";
import { isIdle, type ReloadTarget, targetOf, targetsOf } from "../reload/reload-target.ts";
import { prepareChecks, runChecks } from "../reload/verify.ts";
import type { ContentThread } from "../thread/content-orders.ts";
import type { Change, PhaseName, PhaseReload, PhaseResult } from "./change.ts";
import { maskEvidence } from "./mask-evidence.ts";
import type { PutBack } from "./put-back.ts";
import { createQueues } from "./queues.ts";
import type { WrittenFile } from "./written-file.ts";

/** What the settler needs. */
export interface SettlerDeps extends ReloadDeps {
  readonly reloadDelayMs: number;
  readonly putBack: PutBack;
  readonly thread: ContentThread;
  readonly log: Logger;
  /** Fires when the sidecar stops: what is not verified then is looked at again at the next start. */
  readonly stopping: AbortSignal;
}

/** Makes the app take what was written, and puts it back where the app does not. */
export interface Settler {
  /** Resolves when the change is over. Never rejects. */
  settle(change: Change): Promise<void>;
}

interface Batch {
  readonly changes: Change[];
  readonly over: Promise<void>;
}

/**
 * Makes a settler. Changes that need the same reloads share one where they come while another runs, or within
 * `reloadDelayMs`; so a storm of them never makes a storm of reloads.
 */
export function createSettler(deps: SettlerDeps): Settler {
  const queues = createQueues();
  const waiting = new Map<string, Batch>();
  return {
    settle(change) {
      const keys = targetsOf(filesOf([change])).map(({ key }) => key);
      const group = keys.toSorted().join("\n");
      const joined = waiting.get(group);
      if (joined !== undefined) {
        joined.changes.push(change);
        return joined.over;
      }
      const changes = [change];
      const over = queues
        .runAll(keys, async () => {
          await delay(deps.reloadDelayMs, undefined, { signal: deps.stopping }).catch(() => {});
          waiting.delete(group);
          await settleBatch(changes, deps);
        })
        .catch((error: unknown) => {
          deps.log.error({ err: error }, "a change of the configuration could not be followed to its end");
          for (const each of changes) if (each.state === "running") each.end("failed");
        });
      waiting.set(group, { changes, over });
      return over;
    },
  };
}

function writtenBy(changes: readonly Change[]): WrittenFile[] {
  return changes.flatMap(({ files }) => files);
}

function filesOf(changes: readonly Change[]): ConfigFile[] {
  return writtenBy(changes).map(({ file }) => file);
}

async function settleBatch(changes: readonly Change[], deps: SettlerDeps): Promise<void> {
  const targets = targetsOf(filesOf(changes)).filter((target) => !isIdle(target));
  const giveUp = AbortSignal.any([deps.stopping, ...changes.map(({ cancelled }) => cancelled)]);
  const isGivenUp = changes.some(({ cancelled }) => cancelled.aborted);
  const isTaken = !isGivenUp && (await reloadAndVerify(changes, targets, deps, giveUp, ["reload", "verify"]));
  if (deps.stopping.aborted && !isTaken) {
    for (const change of changes) change.end("failed");
    return;
  }
  if (isTaken) {
    await deps.putBack.settled(changes, true);
    for (const change of changes) change.end("done");
    return;
  }
  const isBack = await inAll(changes, "put-back", () => deps.putBack.all(changes));
  // Not before: what a sidecar that is killed here has left is pending for the next one, and so put back by it.
  await deps.putBack.settled(changes, false);
  await reloadAndVerify(changes, targets, deps, deps.stopping, ["reload-again", "verify-again"]);
  for (const change of changes) change.end(isBack.passed ? "rolled-back" : "failed");
}

/** False where a verification is wanted and does not pass. */
async function reloadAndVerify(
  changes: readonly Change[],
  targets: readonly ReloadTarget[],
  deps: SettlerDeps,
  giveUp: AbortSignal,
  [reloadName, verifyName]: readonly [PhaseName, PhaseName],
): Promise<boolean> {
  if (targets.length === 0) return true;
  const isAgain = verifyName === "verify-again";
  const prepared = targets.map(({ verify }) => prepareChecks(verify, deps, isAgain));
  const checks = (await Promise.all(prepared)).flat();
  const written = writtenBy(changes);
  const reloaded = await inAll(changes, reloadName, async () => {
    const reloads: PhaseReload[] = [];
    for (const { key, reload } of targets) {
      const names = filesOf(changes)
        .filter((file) => targetOf(file).key === key)
        .map(({ name }) => name);
      reloads.push({ ...(await reloadCore(reload, deps, deps.stopping)), files: [...new Set(names)] });
    }
    const failed = reloads.find(({ kind, done }) => kind !== "none" && !done);
    const result = { passed: failed === undefined, detail: (failed ?? reloads[0])?.detail ?? "", reloads };
    return await maskEvidence(result, written, deps.thread);
  });
  if (checks.length === 0) return true;
  if (!reloaded.passed && targets.some(({ verify }) => verify.length > 0)) return false;
  const verified = await inAll(changes, verifyName, async () => {
    const outcomes = await runChecks(checks, giveUp);
    const failed = outcomes.find(({ passed }) => !passed);
    const detail = (failed ?? outcomes[0])?.detail ?? "";
    const result = { passed: failed === undefined, detail, checks: outcomes };
    return await maskEvidence(result, written, deps.thread);
  });
  return verified.passed;
}

/** One step that several changes share. */
async function inAll(
  changes: readonly Change[],
  name: PhaseName,
  step: () => Promise<PhaseResult>,
): Promise<PhaseResult> {
  const result = step();
  const results = await Promise.all(changes.map((change) => change.run(name, () => result)));
  return results[0] ?? { passed: false, detail: "" };
}
