import { setTimeout as delay } from "node:timers/promises";
import { AppError, messageOf } from "../../../base/errors.ts";
import type { Turns } from "../../../base/turns.ts";
import { hasFingerprint } from "../../../linux/growing-file.ts";
import type { LogForwardSettings } from "../../../settings/schema.ts";
import type { Logger } from "../../../web/log.ts";
import type { LogFile } from "../log-file.ts";
import { readLog } from "../read-log.ts";
import { createDelivery, type DeliverySignals } from "./deliver.ts";
import type { Destination } from "./destination.ts";
import { type ForwardState, newForwardState, setTrouble } from "./forward-state.ts";
import type { PositionFile } from "./position.ts";
import { createReading } from "./reading.ts";
import { startOf } from "./start-of.ts";

/** Sends one log to one destination. */
export interface Forwarder {
  /** The name of the destination. */
  readonly destination: string;
  readonly to: LogForwardSettings["to"];
  readonly file: LogFile;
  readonly state: Readonly<ForwardState>;
  /** How much of the file is not taken yet; null where that can't be told. */
  lagBytes(): Promise<number | null>;
  /** Reads and sends until `signal`; then what is there still, for a moment. */
  run(signal: AbortSignal): Promise<void>;
}

/** What a forwarder is made from. */
export interface ForwarderParts {
  readonly name: string;
  readonly settings: LogForwardSettings;
  readonly file: LogFile;
  readonly destination: Destination;
  readonly position: PositionFile;
  readonly maxLineBytes: number;
  readonly turns: Turns;
  readonly log: Logger;
}

/** How long a log that can't be read, or is not there, is left alone. */
const READ_AGAIN_MS = 1_000;
/** How long the last lines may take at a stop. */
const LAST_LINES_MS = 2_000;

/** Makes one. Nothing is read before it runs. */
export function createForwarder(parts: ForwarderParts): Forwarder {
  const { name, settings, file, destination, position, maxLineBytes, turns, log } = parts;
  const state = newForwardState();
  const delivery = createDelivery({
    ...{ destination, state, log, maxRetryMs: settings.maxRetryMs },
    async settled({ place }) {
      await position.write(place);
      state.place = place;
    },
  });
  const read = async (isFollowing: boolean, signals: DeliverySignals): Promise<void> => {
    const { stopping: signal } = signals;
    const start = await startOf(parts, state);
    if (start === undefined) {
      state.trouble = null;
      return void (await delay(READ_AGAIN_MS, undefined, { signal }));
    }
    const reading = createReading({ start, settings, state, delivery, signals, isFollowing, file, log });
    for await (const part of readLog(file, start, { maxLineBytes, isFollowing, turns, signal })) {
      if ((await reading.take(part)) === "enough") return;
    }
    if (!isFollowing) await reading.flush();
  };
  const failed = async (error: unknown, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return;
    if (state.trouble?.detail !== messageOf(error)) log.warn({ err: error }, "a log can't be forwarded");
    setTrouble(state, messageOf(error), error instanceof AppError ? error.remedy : undefined);
    await delay(READ_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  };
  return {
    ...{ destination: name, to: settings.to, file, state },
    lagBytes: () => lagOf(file, state),
    async run(stopping) {
      const { deadline, clear } = deadlineAfter(stopping, LAST_LINES_MS);
      while (!stopping.aborted) {
        await read(true, { stopping, deadline }).catch((error) => failed(error, stopping));
      }
      // Whoever is in trouble has the rest sent at the next start.
      if (state.trouble === null) await read(false, { stopping: deadline, deadline }).catch(() => undefined);
      clear();
      await destination[Symbol.asyncDispose]();
    },
  };
}

/** Fires some time after another signal. */
function deadlineAfter(signal: AbortSignal, ms: number): { deadline: AbortSignal; clear(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => controller.abort(), ms);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return { deadline: controller.signal, clear: () => clearTimeout(timer) };
}

async function lagOf(file: LogFile, { place }: ForwardState): Promise<number | null> {
  try {
    await using opened = await file.open();
    const size = await opened.size();
    if (place === null) return size;
    const isInFile = hasFingerprint(await opened.read(0, place.content.bytes), place.content);
    return isInFile ? Math.max(0, size - place.offset) : null;
  } catch {
    return null;
  }
}
