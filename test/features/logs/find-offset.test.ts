import { expect, test } from "vitest";
import { createTurns } from "../../../src/base/turns.ts";
import { plain } from "../../../src/features/logs/content.ts";
import { offsetOfLast, offsetOfLastIn, offsetOfTime } from "../../../src/features/logs/find-offset.ts";
import { openGrowingFile } from "../../../src/linux/growing-file.ts";
import { randomOf, seedOr } from "../../support/random.ts";
import { logFolder } from "./serve-logs.ts";

function someTexts(): string[] {
  const random = randomOf(seedOr(3));
  const texts = ["", "\n", "\n\n", "a", "a\n", "\na", "a\nb"];
  for (let round = 0; round < 20; round += 1) {
    const lines = Array.from({ length: random.int(60) }, () =>
      "x".repeat(random.int(5) === 0 ? random.int(90_000) : random.int(9)),
    );
    texts.push(lines.join("\n") + (random.int(2) === 0 ? "\n" : ""));
  }
  return texts;
}

test("the last so many lines begin where a count from the end says, however long they are", async () => {
  await using folder = await logFolder();
  for (const text of someTexts()) {
    await using file = await openGrowingFile(await folder.write("app.log", text), "logs.files");
    const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
    for (const count of [0, 1, 2, 3, 10, 100]) {
      const expected = lines.slice(count === 0 ? lines.length : -count).join("\n");
      const end = text.endsWith("\n") && count > 0 ? "\n" : "";
      const last = await offsetOfLast(file, text.length, count);
      const missing = Math.max(0, count - lines.length);
      expect([count, text.slice(last.offset), last.missing]).toEqual([count, expected + end, missing]);
      const inPieces = count === 0 ? last : await offsetOfLastIn(plain(file, 0), count);
      expect([count, inPieces]).toEqual([count, last]);
    }
  }
});

test("a time is found by halving: not after its first line, and not more than a block before it", async () => {
  await using folder = await logFolder();
  const begin = Date.UTC(2026, 10, 28);
  const lines = Array.from(
    { length: 30_000 },
    (_, index) => `${new Date(begin + index * 1_000).toISOString()} line\n    more of it\n`,
  );
  const text = lines.join("");
  const length = lines[0]?.length ?? 0;
  await using file = await openGrowingFile(await folder.write("app.log", text), "logs.files");
  const wanted = { zoneMinutes: 0, turns: createTurns() };
  for (const index of [0, 1, 777, 15_000, 29_999]) {
    const offset = await offsetOfTime(file, text.length, { ...wanted, timeMs: begin + index * 1_000 });
    expect(offset).toBeLessThanOrEqual(index * length);
    expect(offset).toBeGreaterThanOrEqual(index * length - 131_072);
  }
  expect(await offsetOfTime(file, text.length, { ...wanted, timeMs: begin + 9e9 })).toBeGreaterThan(
    text.length - 131_072,
  );
});

test("a time is found by halving although some lines are late: those of several threads are not quite in order", async () => {
  await using folder = await logFolder();
  const begin = Date.UTC(2026, 10, 28);
  const random = randomOf(seedOr(7));
  const lines = Array.from({ length: 30_000 }, (_, index) => {
    const timeMs = begin + (index - random.int(55)) * 1_000;
    return { timeMs, text: `${new Date(timeMs).toISOString()} line ${index} ${"x".repeat(60)}\n` };
  });
  await using file = await openGrowingFile(
    await folder.write("app.log", lines.map(({ text }) => text).join("")),
    "logs.files",
  );
  const size = await file.size();
  for (let index = 1_000; index < 30_000; index += 371) {
    const timeMs = begin + index * 1_000;
    const offset = await offsetOfTime(file, size, { zoneMinutes: 0, turns: createTurns(), timeMs });
    const first = lines.findIndex((line) => line.timeMs >= timeMs);
    const before = lines.slice(0, first).reduce((sum, { text }) => sum + text.length, 0);
    expect(offset).toBeLessThanOrEqual(before);
  }
});
