import type { Obstacle } from "../../../linux/look-into.ts";
import {
  PERF_HEAD_BYTES,
  PerfDataError,
  type PerfLayout,
  type PerfSample,
  parseLayout,
  sampleOf,
} from "./perf-layout.ts";
import { openPerfRegion, type PerfRegion } from "./perf-region.ts";

/** The performance data of one JVM, held open: to find it takes milliseconds, to read it microseconds. */
export interface PerfSource extends AsyncDisposable {
  /** The counters of now, or why there are none. */
  sample(): Promise<PerfReading>;
}

/** Counters and where they were read, or why they can't be. */
export type PerfReading =
  | { readonly sample: PerfSample; readonly where: PerfRegion["where"]; readonly obstacle?: undefined }
  | { readonly sample: null; readonly where: null; readonly obstacle: Obstacle };

/** Makes the source of a process; it is opened with the first sample. */
export function createPerfSource(pid: number): PerfSource {
  let region: PerfRegion | undefined;
  let layout: PerfLayout | undefined;
  let opening: Promise<Obstacle | undefined> | undefined;
  let isClosed = false;

  const close = async () => {
    const { file } = region ?? {};
    region = undefined;
    layout = undefined;
    await file?.close();
  };
  const openOnce = async (): Promise<Obstacle | undefined> => {
    const found = await openPerfRegion(pid);
    if (found.obstacle !== undefined) return found.obstacle;
    region = found.region;
    if (isClosed) await close();
    return undefined;
  };
  const read = async (from: PerfRegion): Promise<PerfReading> => {
    // A buffer of its own: whoever asks at the same time has another.
    const buffer = Buffer.allocUnsafeSlow(from.bytes);
    const { bytesRead } = await from.file.read(buffer, 0, from.bytes, from.start);
    const bytes = buffer.subarray(0, bytesRead);
    // The head tells how many counters there are and when one was added last.
    if (layout === undefined || !layout.head.equals(bytes.subarray(0, PERF_HEAD_BYTES)))
      layout = parseLayout(bytes);
    return { sample: sampleOf(bytes, layout), where: from.where };
  };

  return {
    async sample() {
      if (region === undefined) {
        opening ??= openOnce().finally(() => {
          opening = undefined;
        });
        const obstacle = await opening;
        if (obstacle !== undefined) return unreadable(obstacle);
      }
      const from = region;
      if (from === undefined) return unreadable({ reason: "the process has ended", remedy: null });
      try {
        return await read(from);
      } catch (error) {
        // What was there is there no longer, or was never it: the next sample looks for it anew.
        if (region === from) await close();
        return unreadable(obstacleOf(error));
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await close();
    },
  };
}

function obstacleOf(error: unknown): Obstacle {
  const reason =
    error instanceof PerfDataError
      ? `the JVM's performance data can't be understood: ${error.message}`
      : "the JVM's performance data can't be read any more: it has ended";
  return { reason, remedy: null };
}

function unreadable(obstacle: Obstacle): PerfReading {
  return { sample: null, where: null, obstacle };
}
