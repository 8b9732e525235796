import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../base/errors.ts";
import type { Logger } from "../../../web/log.ts";
import { cursorOf } from "../cursor.ts";
import type { Destination, Sent } from "./destination.ts";
import type { ForwardRecord } from "./forward-record.ts";
import { type ForwardState, setTrouble } from "./forward-state.ts";
import { SendError } from "./send-error.ts";

/** Brings records to a destination, whatever it takes. */

const FIRST_RETRY_MS = 500;
/** No receiver is left alone for longer, whatever it says. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** A line in the log for each would be as many as the records. */
const SAY_EVERY_MS = 60_000;

/** What delivery works with. */
export interface DeliveryParts {
  readonly destination: Destination;
  readonly state: ForwardState;
  readonly maxRetryMs: number;
  readonly log: Logger;
  /** Called when all records up to this one are taken, or set aside for good. */
  settled(last: ForwardRecord): Promise<void>;
}

/** When a delivery ends before its end. */
export interface DeliverySignals {
  /** What is being sent is brought to its end, and nothing is tried again. */
  readonly stopping: AbortSignal;
  /** It is given up. */
  readonly deadline: AbortSignal;
}

/** Delivers batches, in their order. */
export interface Delivery {
  /**
   * Resolves when each record is taken, or set aside because the destination does not want it.
   * @throws what a signal aborts with; the records that were not settled are to be delivered again.
   */
  deliver(records: readonly ForwardRecord[], signals: DeliverySignals): Promise<void>;
}

/** Makes the delivery of one log. */
export function createDelivery({ destination, state, maxRetryMs, log, settled }: DeliveryParts): Delivery {
  let saidAtMs = Number.NEGATIVE_INFINITY;

  const setAside = (count: number, reason: string, last: ForwardRecord): void => {
    state.setAside += count;
    state.lastSetAsideAt = Date.now();
    if (performance.now() - saidAtMs < SAY_EVERY_MS) return;
    saidAtMs = performance.now();
    const before = cursorOf(last.place);
    log.warn({ count, reason, before, total: state.setAside }, "lines that are not wanted were set aside");
  };
  const taken = async (records: readonly ForwardRecord[], last: ForwardRecord, sent: Sent) => {
    state.batches += 1;
    state.lines += records.length - sent.rejected;
    state.bytes += records.reduce((sum, { bytes }) => sum + bytes, 0);
    state.lastSentAt = Date.now();
    if (sent.rejected > 0) setAside(sent.rejected, sent.reason ?? "no reason given", last);
    await settled(last);
  };
  const deliver = async (records: readonly ForwardRecord[], signals: DeliverySignals): Promise<void> => {
    const last = records.at(-1);
    if (last === undefined) return;
    const outcome = await sendUntilJudged(records, signals);
    if (!(outcome instanceof SendError)) return await taken(records, last, outcome);
    if (records.length === 1) {
      setAside(1, outcome.message, last);
      return await settled(last);
    }
    // One of them is not wanted: the others are.
    const half = Math.ceil(records.length / 2);
    await deliver(records.slice(0, half), signals);
    await deliver(records.slice(half), signals);
  };
  const sendUntilJudged = async (
    records: readonly ForwardRecord[],
    { stopping, deadline }: DeliverySignals,
  ): Promise<Sent | SendError> => {
    for (let attempt = 0; ; attempt++) {
      const sent = await destination.send(records, deadline).catch(sendErrorOf);
      deadline.throwIfAborted();
      if (!(sent instanceof SendError)) {
        if (state.trouble !== null) log.info("the destination takes lines again");
        state.trouble = null;
        return sent;
      }
      state.failures += 1;
      if (sent.failure === "refused") return sent;
      if (state.trouble?.detail !== sent.message) {
        log.warn({ reason: sent.message, remedy: sent.remedy }, "lines can't be forwarded for now");
      }
      setTrouble(state, sent.message, sent.remedy);
      await delay(waitMs(sent, attempt, maxRetryMs), undefined, { signal: stopping });
    }
  };
  return { deliver };
}

function sendErrorOf(error: unknown): SendError {
  return error instanceof SendError ? error : new SendError("retry", messageOf(error), { cause: error });
}

/** Exponential, with a cap, and spread, so that many that failed at once do not come back at once. */
function waitMs({ failure, retryAfterMs }: SendError, attempt: number, maxRetryMs: number): number {
  const cap = failure === "denied" ? maxRetryMs : Math.min(maxRetryMs, FIRST_RETRY_MS * 2 ** attempt);
  const own = cap / 2 + (Math.random() * cap) / 2;
  return Math.max(own, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}
