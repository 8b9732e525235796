import type { LogForwardSettings } from "../../../settings/schema.ts";
import type { Logger } from "../../../web/log.ts";
import type { LogFile } from "../log-file.ts";
import type { LineBatch, LogPart } from "../log-parts.ts";
import { minutesOf } from "../log-query.ts";
import type { Start } from "../read-log.ts";
import type { Delivery, DeliverySignals } from "./deliver.ts";
import { createRecordReader, type ForwardRecord } from "./forward-record.ts";
import type { ForwardState } from "./forward-state.ts";

/** What is read, on its way to a delivery. */
export interface ReadingParts {
  readonly start: Start;
  readonly settings: LogForwardSettings;
  readonly state: ForwardState;
  readonly delivery: Delivery;
  readonly signals: DeliverySignals;
  /** Goes on when all has been read. */
  readonly isFollowing: boolean;
  readonly file: LogFile;
  readonly log: Logger;
}

/** Makes batches of what is read, and has them delivered: nothing more is read meanwhile. */
export function createReading(parts: ReadingParts) {
  const { start, settings, state, delivery, signals, isFollowing, file, log } = parts;
  const { batchLines, batchBytes, batchMs } = settings;
  const reader = createRecordReader(
    minutesOf(settings.zone),
    "place" in start ? start.place.offset : start.offset,
  );
  let batch: ForwardRecord[] = [];
  let bytes = 0;
  let hasBeenIdle = false;

  const flush = async (): Promise<void> => {
    const records = batch;
    batch = [];
    bytes = 0;
    await delivery.deliver(records, signals);
    state.waitingSinceMs = null;
  };
  const flushIfOld = async (): Promise<void> => {
    const [first] = batch;
    if (first !== undefined && Date.now() - first.readAtMs >= batchMs) await flush();
  };
  const takeLines = async ({ lines, content }: LineBatch): Promise<void> => {
    for (const raw of lines) {
      const record = reader.read(raw, content);
      if (batch.length > 0 && bytes + record.bytes > batchBytes) await flush();
      state.waitingSinceMs ??= record.readAtMs;
      batch.push(record);
      bytes += record.bytes;
      if (batch.length >= batchLines || bytes >= batchBytes) await flush();
    }
    await flushIfOld();
  };
  /** Whether the log is to be opened anew at the position: it may have been rotated several times meanwhile. */
  const isToBeginAnew = async (lost: string | null): Promise<boolean> => {
    if (lost !== null) {
      state.losses += 1;
      log.warn({ lost }, "lines may be missing between a log and the one after it");
      return false;
    }
    return hasBeenIdle && (await file.predecessors()).length > 0;
  };
  return {
    flush,
    /** `enough`: reading is to begin anew at the position, or later. */
    async take(part: LogPart): Promise<"more" | "enough"> {
      if (part.kind === "lines") {
        // At a stop: what is half-written is sent, whole, at the next start.
        const isAtEnd = !isFollowing && part.lines.some(({ isOpen }) => isOpen);
        if (!isAtEnd) await takeLines(part);
        else await flush();
        return isAtEnd ? "enough" : "more";
      }
      if (part.kind === "idle") {
        hasBeenIdle = true;
        await flushIfOld();
        if (batch.length === 0) state.trouble = null;
        return "more";
      }
      if (part.kind === "dropped" || part.kind === "found") throw notAskedFor(part);
      if (!(await isToBeginAnew(part.lost))) return "more";
      await flush();
      return "enough";
    },
  };
}

/** The log itself waits for the receiver: it is read without a bound on what waits, and nothing is looked for. */
function notAskedFor({ kind }: LogPart): Error {
  return new Error(`of a log that is forwarded something was ${kind}`);
}
