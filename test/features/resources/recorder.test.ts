import { expect, test } from "vitest";
import { parseWindow } from "../../../src/base/history-window.ts";
import { historyOf } from "../../../src/features/resources/history.ts";
import { HISTORY_COLUMNS } from "../../../src/features/resources/history-columns.ts";
import { createRecorder, type Sample } from "../../../src/features/resources/recorder.ts";
import { historyCsv } from "../../../src/web/history-forms.ts";

const NOON = Date.UTC(2026, 0, 1, 12) / 1_000;

/** What a process has used after so many seconds: half a CPU, 1000 bytes read and 500 sent each second. */
const sampleAt = (second: number, more: Partial<Sample["reading"]> = {}, pid = 7): Sample => ({
  subject: { pid, startTime: `2026-01-01T11:00:0${pid % 10}.000Z`, cgroupPath: "/docker/a" },
  reading: {
    ...{ cpuNs: second * 500_000_000, periods: second * 10, throttledPeriods: second * 5 },
    ...{ memoryBytes: 2_000, workingSetBytes: 1_000, pids: 3, readBytes: second * 1_000, writeBytes: 0 },
    ...{ receiveBytes: Number.NaN, transmitBytes: second * 500 },
    ...more,
  },
  bounds: { cpus: 2, memoryBytes: 4_000 },
});

test("rates are of the time between two readings, whatever second they are put down for", () => {
  const recorder = createRecorder();
  recorder.record(NOON, 0, sampleAt(0));
  recorder.record(NOON + 1, 2_000, sampleAt(2));
  recorder.record(NOON + 1, 2_001, sampleAt(50));
  const { points, starts, stepSeconds } = historyOf(recorder, 300, NOON + 1);
  expect(stepSeconds).toBe(1);
  expect(starts).toEqual([
    { time: "2026-01-01T12:00:00.000Z", pid: 7, startTime: "2026-01-01T11:00:07.000Z" },
  ]);
  expect(points).toHaveLength(2);
  expect(points[0]).toMatchObject({ time: "2026-01-01T12:00:00.000Z", usedCpus: null, memoryBytes: null });
  expect(points[1]).toEqual({
    ...{
      time: "2026-01-01T12:00:01.000Z",
      usedCpus: 0.5,
      usedCpusMax: 0.5,
      cpuRatio: 0.25,
      throttledRatio: 0.5,
    },
    ...{ memoryBytes: 2_000, workingSetBytes: 1_000, workingSetBytesMax: 1_000, memoryRatio: 0.25, pids: 3 },
    ...{ readBytesPerSecond: 1_000, writeBytesPerSecond: 0, transmitBytesPerSecond: 500 },
    // What can't be read is null, never 0.
    receiveBytesPerSecond: null,
  });
});

test("a counter that went back, an app that was gone, and one that was restarted leave gaps", () => {
  const recorder = createRecorder();
  const found = [
    sampleAt(100),
    sampleAt(101),
    sampleAt(102, { cpuNs: 5 }),
    undefined,
    sampleAt(1, {}, 8),
    sampleAt(2, {}, 8),
  ];
  for (const [index, sample] of found.entries()) recorder.record(NOON + index, index * 1_000, sample);
  // Nobody looked for two seconds.
  recorder.record(NOON + 8, 8_000, sampleAt(5, {}, 8));
  const { points, starts } = historyOf(recorder, 60, NOON + 8);
  expect(points.map(({ usedCpus }) => usedCpus)).toEqual([null, 0.5, null, null, null, 0.5, null, null, 0.5]);
  expect(points.map(({ transmitBytesPerSecond }) => transmitBytesPerSecond)).toEqual([
    ...[null, 500, 500, null, null, 500, null, null, 500],
  ]);
  expect(starts.map(({ pid, time }) => [pid, time.slice(17, 19)])).toEqual([
    [7, "00"],
    [8, "04"],
  ]);
});

test("a day is kept in three resolutions, in bounded memory", () => {
  const recorder = createRecorder();
  const seconds = 90_000;
  for (let second = 0; second <= seconds; second++) {
    recorder.record(NOON + second, second * 1_000, sampleAt(second, { workingSetBytes: second % 60 }));
  }
  const now = NOON + seconds;
  const counts = ["5m", "1h", "24h", "90s", "301s"].map((window) => {
    const { points, stepSeconds } = historyOf(recorder, parseWindow(window) ?? 0, now);
    return [stepSeconds, points.length];
  });
  expect(counts[0]).toEqual([1, 300]);
  expect(counts[1]).toEqual([10, 360]);
  // The minute that is under way is not there.
  expect(counts[2]).toEqual([60, 1_440]);
  expect(counts[3]).toEqual([1, 90]);
  expect(counts[4]?.[0]).toBe(10);
  const minute = historyOf(recorder, 86_400, now).points.at(-1);
  expect(minute).toMatchObject({ usedCpus: 0.5, workingSetBytes: 30, workingSetBytesMax: 59 });
  expect(minute?.time).toBe(new Date((now - 60) * 1_000).toISOString());
});

test("a clock that is set back moves what is known back, and goes on", () => {
  const recorder = createRecorder();
  for (const second of [0, 1, 2]) recorder.record(NOON + second, second * 1_000, sampleAt(second));
  recorder.record(NOON - 3_600, 3_000, sampleAt(3));
  const { points } = historyOf(recorder, 60, NOON - 3_600);
  expect(points.map(({ usedCpus }) => usedCpus)).toEqual([null, 0.5, 0.5, 0.5]);
  expect(points.at(-1)?.time).toBe("2026-01-01T11:00:00.000Z");
});

test("the CSV has a name for each column, and nothing where nothing is known", () => {
  const recorder = createRecorder();
  recorder.record(NOON, 0, sampleAt(0));
  recorder.record(NOON + 1, 1_000, sampleAt(1));
  expect(historyCsv(HISTORY_COLUMNS, historyOf(recorder, 60, NOON + 1).points).split("\r\n")).toEqual([
    "time,usedCpus,usedCpusMax,cpuRatio,throttledRatio,memoryBytes,workingSetBytes,workingSetBytesMax,memoryRatio,pids,readBytesPerSecond,writeBytesPerSecond,receiveBytesPerSecond,transmitBytesPerSecond",
    "2026-01-01T12:00:00.000Z,,,,,,,,,,,,,",
    "2026-01-01T12:00:01.000Z,0.5,0.5,0.25,0.5,2000,1000,1000,0.25,3,1000,0,,500",
    "",
  ]);
});

test("a window is a number with a unit, up to a day", () => {
  expect(["90s", "5m", "1h", "24h", "1d", "86400s"].map(parseWindow)).toEqual([
    ...[90, 300, 3_600, 86_400, 86_400, 86_400],
  ]);
  expect(["", "5", "m", "0s", "25h", "2d", "86401s", "-5m", "5 m", "1.5h", "1e3s"].map(parseWindow)).toEqual(
    Array.from({ length: 11 }),
  );
});
