import { expect, test } from "vitest";
import { createPartReader } from "../../src/dashboard/api/lines.ts";

test.each(["\n", "\n\n"])("parts that end with %j are the same, wherever the pieces are cut", (separator) => {
  const parts = ["one", "", "two\r", "x".repeat(50), "three"];
  const text = `${parts.join(separator)}${separator}begun`;
  for (let size = 1; size <= text.length; size += 1) {
    const reader = createPartReader(separator);
    const read: string[] = [];
    for (let at = 0; at < text.length; at += size) read.push(...reader.push(text.slice(at, at + size)));
    expect(read).toEqual(parts);
    expect(reader.pending).toBe("begun".length);
  }
});

test("a record of 20 MB in pieces of 1 kB is read in a time that grows with its length, and not with its square", () => {
  const piece = "x".repeat(1_000);
  const timeOf = (pieces: number) => {
    const reader = createPartReader("\n");
    const startedAt = performance.now();
    for (let index = 0; index < pieces; index += 1) reader.push(piece);
    expect(reader.push("\n")[0]?.length).toBe(pieces * piece.length);
    return performance.now() - startedAt;
  };
  timeOf(1_000);
  // Four times as much takes 16 times as long where each piece is looked at with all before it; that would be some 10 s.
  expect(timeOf(20_000)).toBeLessThan(2_000);
});
