import { join } from "node:path";
import { AppError } from "../../base/errors.ts";
import { removeFromBefore } from "../../linux/atomic-write.ts";
import type { Settings } from "../../settings/schema.ts";
import { createKeptResults } from "../../web/kept-results.ts";
import type { Feature } from "../feature.ts";
import { configCapability } from "./capability.ts";
import type { Change } from "./changes/change.ts";
import { createChangeCounts } from "./changes/change-metrics.ts";
import { addChangeStates, CHANGE_NAMES } from "./changes/change-routes.ts";
import { describeChanges } from "./changes/describe-change.ts";
import { addFileChanges } from "./changes/file-routes.ts";
import { createPutBack } from "./changes/put-back.ts";
import { createQueues } from "./changes/queues.ts";
import { resumeChanges } from "./changes/resume.ts";
import { createSettler } from "./changes/settle.ts";
import { addTransactions } from "./changes/transaction-routes.ts";
import type { ConfigDeps, ConfigParts } from "./config-parts.ts";
import {
  type ConfigFile,
  createConfigFiles,
  type OpenConfigPlace,
  type PinConfigFile,
} from "./files/config-files.ts";
import { describeFile, type FileDescription } from "./files/describe-file.ts";
import { openVacantConfigPlace, pinConfigFile } from "./files/pin-config-file.ts";
import { addFileEvents } from "./history/events-route.ts";
import { createFileRecords } from "./history/file-records.ts";
import { openHistories } from "./history/histories.ts";
import { addHistory } from "./history/history-routes.ts";
import { recoverChanges } from "./history/recover.ts";
import { noticeAll, watchFiles } from "./history/watch-files.ts";
import { addContent, addList } from "./read-routes.ts";
import { createContentThread } from "./thread/content-thread.ts";

/**
 * The feature `config`: the configuration files of the app over HTTP, read and changed, with their history; and the app
 * made to take a change, or the change taken back.
 */

/** Changes that are kept for who asks how they went; what they changed stands in the history. */
const CHANGE_LIMITS = { maxCount: 128, maxBytes: 134_217_728, maxAgeMs: 3_600_000 };

/**
 * Makes the feature.
 * @throws {StartError} where two files have the same name.
 */
export function createConfig(settings: Settings["config"], deps: ConfigDeps): Feature {
  const stop = new AbortController();
  const parts = partsOf(settings, deps, stop.signal);
  let watching: Promise<void> = Promise.resolve();
  return {
    name: "config",
    routes(table) {
      addList(table, parts);
      addContent(table, parts);
      addFileChanges(table, parts);
      addHistory(table, parts);
      addFileEvents(table, parts);
      addChangeStates(table, parts);
      addTransactions(table, parts);
    },
    diagnostics: [
      {
        file: "config-files.json",
        read: async () => ({ files: await describeAll(parts) }),
      },
      { file: "config-changes.json", read: () => ({ changes: describeChanges(parts) }) },
    ],
    metrics: () =>
      parts.counts.metrics(parts.changes.list().filter(({ state }) => state === "running").length),
    capability: () => configCapability(parts.files, parts.maxBytes, deps, parts.records),
    async start(signal) {
      signal.addEventListener("abort", () => stop.abort(), { once: true });
      const startedAtMs = Date.now();
      const files = await parts.files.list();
      for (const file of files) await tidy(file, parts.openPlace, startedAtMs);
      await recoverChanges(files, parts);
      await noticeAll(files, parts);
      await resumeChanges(files, parts);
      const listFiles = async () => {
        const now = await parts.files.list();
        await recoverChanges(now, parts);
        return now;
      };
      watching = watchFiles(listFiles, parts, stop.signal);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
      await Promise.all(parts.changes.list().map(({ over }) => over));
      await parts.changes[Symbol.asyncDispose]();
      await parts.thread[Symbol.asyncDispose]();
    },
  };
}

function partsOf(settings: Settings["config"], deps: ConfigDeps, stopping: AbortSignal): ConfigParts {
  const { maxBytes, reloadDelayMs, history } = settings;
  const pin: PinConfigFile = (file) => pinConfigFile(file, deps);
  const openPlace: OpenConfigPlace = (file) =>
    pin(file).catch((error: unknown) => {
      if (error instanceof AppError && error.code === "not-found") return openVacantConfigPlace(file, deps);
      throw error;
    });
  const queues = createQueues();
  const folder = history.dir ?? join(deps.stateDir, "config-history");
  const records = createFileRecords(history.enabled ? openHistories(folder, history) : undefined);
  const putBack = createPutBack({ pin, records, queues, maxBytes, log: deps.log });
  const thread = createContentThread();
  return {
    ...{
      files: createConfigFiles(settings, deps),
      maxBytes,
      deps,
      pin,
      openPlace,
      queues,
      records,
      stopping,
    },
    isHistoryKept: history.enabled,
    thread,
    changes: createKeptResults<Change>(CHANGE_NAMES, CHANGE_LIMITS),
    settler: createSettler({ ...deps, reloadDelayMs, putBack, thread, stopping }),
    counts: createChangeCounts(),
    unsettled: new Map(),
  };
}

async function describeAll({ files, maxBytes, deps }: ConfigParts): Promise<FileDescription[]> {
  const described: FileDescription[] = [];
  for (const file of await files.list()) described.push(await describeFile(file, maxBytes, deps));
  return described;
}

/** Removes what a sidecar that was killed while it wrote has left beside a file. */
async function tidy(file: ConfigFile, openPlace: OpenConfigPlace, startedAtMs: number): Promise<void> {
  try {
    await using place = await openPlace(file);
    await removeFromBefore(place.folderPath, startedAtMs);
  } catch (error) {
    // A file that can't be reached is no reason not to start: the list and the capabilities say what is wrong.
    if (!(error instanceof AppError)) throw error;
  }
}
