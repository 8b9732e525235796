import { describe, expect, test } from "vitest";
import { createLogReading, type LogRecord } from "../../src/dashboard/views/logs/log-reading.ts";
import { createLogRows, type LogRows } from "../../src/dashboard/views/logs/log-rows.ts";

const line = (text: string, more: object = {}): LogRecord => ({
  ...{ type: "line", text, time: null, level: null, cursor: `after ${text}` },
  ...more,
});
const rotated: LogRecord = { type: "rotated", lost: null };
const textsOf = (rows: LogRows) =>
  Array.from({ length: rows.length }, (_, index) => rows.at(index)).map((row) =>
    row?.kind === "note" ? "---" : row?.text,
  );
const reading = () => {
  const rows = createLogRows();
  return { rows, log: createLogReading(rows) };
};

describe("a log that is read in several answers", () => {
  test("goes on at the cursor of the last line, and at that of the end where there is one", () => {
    const { log } = reading();
    expect(log.cursor).toBeUndefined();
    log.begin();
    expect(log.take([line("a"), { type: "heartbeat" }])).toBeUndefined();
    expect(log.cursor).toBe("after a");
    expect(log.take([line("b"), { type: "end", reason: "complete", cursor: "the end" }])).toBe("complete");
    expect(log.cursor).toBe("the end");
  });

  test("has a line once that was half-written, and comes again whole", () => {
    const { rows, log } = reading();
    log.begin();
    log.take([line("a"), line("hal", { isOpen: true })]);
    log.begin();
    expect(textsOf(rows)).toEqual(["a", "hal"]);
    log.take([{ type: "heartbeat" }]);
    expect(textsOf(rows)).toEqual(["a", "hal"]);
    log.take([line("half"), line("b")]);
    expect(textsOf(rows)).toEqual(["a", "half", "b"]);
  });

  test("keeps a line that never ended before a rotation, and says of the rotation once", () => {
    const { rows, log } = reading();
    log.begin();
    log.take([line("a"), line("cut off", { isOpen: true }), rotated]);
    expect(textsOf(rows)).toEqual(["a", "cut off", "---"]);
    log.begin();
    log.take([line("cut off", { isOpen: true }), rotated, line("b")]);
    expect(textsOf(rows)).toEqual(["a", "cut off", "---", "b"]);
  });

  test("says of a rotation once, also where the connection was lost just behind it", () => {
    const { rows, log } = reading();
    log.begin();
    log.take([line("a"), rotated]);
    log.begin();
    log.take([rotated, line("b"), rotated, line("c")]);
    expect(textsOf(rows)).toEqual(["a", "---", "b", "---", "c"]);
  });

  test("asks for what was dropped, from where that begins", () => {
    const { log } = reading();
    log.begin();
    log.take([line("a")]);
    expect(log.take([{ type: "dropped", bytes: 9, cursor: "before it" }, line("z")])).toBe("dropped");
    expect(log.cursor).toBe("before it");
  });
});

describe("the lines that are kept", () => {
  const fill = (rows: LogRows, from: number, to: number) => {
    const log = createLogReading(rows);
    for (let index = from; index < to; index += 1) log.take([line(`line ${index}`)]);
  };

  test("are the latest, up to a number of them, and those let go are counted", () => {
    const rows = createLogRows({ maxRows: 1_000 });
    fill(rows, 0, 20_000);
    expect([rows.length, rows.lines, rows.letGo]).toEqual([1_000, 1_000, 19_000]);
    expect([rows.at(0)?.text, rows.at(999)?.text, rows.at(1_000)]).toEqual([
      "line 19000",
      "line 19999",
      undefined,
    ]);
  });

  test("are bounded by their characters too; a line alone stays, cut", () => {
    const rows = createLogRows({ maxCharacters: 100 });
    fill(rows, 0, 50);
    expect(rows.length).toBe(14);
    createLogReading(rows).take([line("x".repeat(100_000))]);
    expect([rows.length, rows.at(0)?.text.length]).toEqual([1, 65_536]);
    expect(rows.at(0)).toMatchObject({ characters: 100_000 });
  });
});
