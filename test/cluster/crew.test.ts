import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { replacementDelayMs } from "../../src/cluster/crew.ts";
import { passWholeLines } from "../../src/cluster/whole-lines.ts";

test("who fails again and again is replaced more and more slowly, but always", () => {
  expect([1, 2, 3, 4, 9].map(replacementDelayMs)).toEqual([100, 200, 400, 800, 25_600]);
  for (const failures of [10, 100, 10_000]) expect(replacementDelayMs(failures)).toBe(30_000);
});

test("what processes write is passed on in whole lines, however it comes, and what is never ended is not", async () => {
  const passed: string[] = [];
  const [one, other] = [new PassThrough(), new PassThrough()];
  for (const source of [one, other]) passWholeLines(source, { write: (lines) => void passed.push(lines) });
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = split(Buffer.from("{ü}\n{b"), 2);
  one.write(first);
  other.write("{1}\n{2}\n{3");
  one.write(second);
  other.end("}\n");
  one.end("} never ended");
  await Promise.all([one, other].map((source) => new Promise((resolve) => source.once("end", resolve))));
  expect(passed.join("")).toBe("{1}\n{2}\n{ü}\n{3}\n");
  expect(passed.every((lines) => lines.endsWith("\n"))).toBe(true);
});

/** Also in the middle of a character. */
function split(bytes: Buffer, at: number): Buffer[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
