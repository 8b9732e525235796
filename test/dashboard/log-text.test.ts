import { describe, expect, test } from "vitest";
import {
  displayWidth,
  findIn,
  listedText,
  partOf,
  visibleText,
} from "../../src/dashboard/views/logs/line-text.ts";
import { createLogReading } from "../../src/dashboard/views/logs/log-reading.ts";
import { createLogRows } from "../../src/dashboard/views/logs/log-rows.ts";
import { flatLayout, MAX_PARTS, wrappedLayout } from "../../src/dashboard/views/logs/row-layout.ts";

describe("the text of a line", () => {
  test("shows what is not seen, and leaves a terminal's colours out of a list only", () => {
    const text = "\u001b[1;31mred\u001b[0m\tbell\u0007 \u202ecod\u202c\u0000\u007f\u0085";
    expect(listedText(text)).toBe("red    bell␇ ⟨U+202E⟩cod⟨U+202C⟩␀␡⟨U+0085⟩");
    expect(visibleText(text)).toContain("␛[1;31mred␛[0m");
    expect(visibleText("<b>plain</b>")).toBe("<b>plain</b>");
  });

  test("is cut into parts that have all of it, none wider than its columns", () => {
    for (const text of ["a".repeat(95), "日本語".repeat(20), "añ😀\u001b[0m\tz".repeat(30), ""]) {
      const parts = Math.max(1, Math.ceil(displayWidth(text) / 10)) + 10;
      const all = Array.from({ length: parts }, (_, part) => partOf(text, part, 10));
      expect(all.join("")).toBe(listedText(text));
      expect(Math.max(...all.map(displayWidth))).toBeLessThanOrEqual(10);
    }
  });

  test("is marked where it has what is looked for", () => {
    const marked = (text: string, wanted: string | undefined, anyCase = false) =>
      findIn(text, wanted, anyCase).map((piece) => (piece.isFound ? `[${piece.text}]` : piece.text));
    expect(marked("one two one", "one")).toEqual(["[one]", " two ", "[one]"]);
    expect(marked("One", "one")).toEqual(["One"]);
    expect(marked("One", "oNE", true)).toEqual(["[One]"]);
    expect(marked("one", undefined)).toEqual(["one"]);
    expect(marked("İ one", "one", true)).toEqual(["İ one"]);
  });
});

describe("the rows of a list", () => {
  const rows = createLogRows();
  const log = createLogReading(rows);
  const widths = [5, 25, 0, 10, 11, 100_000];
  for (const width of widths) {
    log.take([{ type: "line", text: "x".repeat(width), time: null, level: null, cursor: "c" }]);
  }

  test("are one a line, or as many as it takes", () => {
    expect(flatLayout(rows).length).toBe(widths.length);
    const layout = wrappedLayout(rows, 10);
    expect(layout.length).toBe(1 + 3 + 1 + 1 + 2 + MAX_PARTS);
    const all = Array.from({ length: layout.length }, (_, index) => layout.row(index));
    expect(all.slice(0, 8).map(({ index, part, isLast }) => [index, part, isLast])).toEqual([
      [0, 0, true],
      [1, 0, false],
      [1, 1, false],
      [1, 2, true],
      [2, 0, true],
      [3, 0, true],
      [4, 0, false],
      [4, 1, true],
    ]);
    expect(widths.map((_, line) => layout.row(layout.rowOf(line)))).toEqual(
      widths.map((_, index) => expect.objectContaining({ index, part: 0 })),
    );
  });
});
