import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { gatherLines } from "../../src/web/log-stream.ts";
import { poll } from "../support/poll.ts";

const MANY_LINES = fileURLToPath(new URL("../fixtures/many-lines.ts", import.meta.url));

function gather() {
  const writes: string[] = [];
  const flushed: (() => void)[] = [];
  const stream = gatherLines({
    write: (text) => void writes.push(text),
    flush: (done) => void (done && flushed.push(done)),
  });
  return { writes, flushed, stream };
}

test("lines are gathered for a moment, and go out in their order, in one write", async () => {
  const { writes, stream } = gather();
  stream.write("one\n");
  stream.write("zwölf ☃ 𝄞\n");
  expect(writes).toEqual([]);
  await poll("the write", () => writes.length > 0);
  expect(writes).toEqual(["one\nzwölf ☃ 𝄞\n"]);
});

test("many go out at once, a long one by itself, and none is lost or cut", () => {
  const { writes, stream } = gather();
  const lines = Array.from({ length: 500 }, (_, index) => `${"☃".repeat(index % 90)} ${index}\n`);
  lines[250] = `${"é".repeat(40_000)}\n`;
  for (const line of lines) stream.write(line);
  stream.flush();
  expect(writes.join("")).toBe(lines.join(""));
  expect(writes.length).toBeLessThan(20);
  for (const text of writes) expect(text.endsWith("\n")).toBe(true);
});

test("what is known to be ASCII keeps its place among the others", () => {
  const { writes, stream } = gather();
  const expected: string[] = [];
  for (let index = 0; index < 2_000; index += 1) {
    const line = `${"x".repeat(index % 700)} ${index}\n`;
    if (index % 3 === 0) {
      stream.write(`é${line}`);
      expected.push(`é${line}`);
    } else {
      stream.writeAscii(line);
      expected.push(line);
    }
  }
  const long = `${"y".repeat(70_000)}\n`;
  stream.writeAscii(long);
  stream.flush();
  expect(writes.join("")).toBe(`${expected.join("")}${long}`);
  for (const text of writes) expect(text.endsWith("\n")).toBe(true);
});

test("a flush passes on what is gathered before it asks the output to", () => {
  const { writes, flushed, stream } = gather();
  stream.write("last\n");
  let isDone = false;
  stream.flush(() => {
    isDone = true;
  });
  expect(writes).toEqual(["last\n"]);
  for (const done of flushed) done();
  expect(isDone).toBe(true);
});

test("a reader that stands still costs lines, which are counted, and neither memory nor time", async () => {
  const program = spawn(process.execPath, [MANY_LINES], { stdio: ["ignore", "pipe", "pipe"] });
  try {
    await once(program.stderr, "data");
    const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
    let kept = 0;
    let line = "";
    do {
      line = (await lines.next()).value ?? "";
      if (/^\d+ x+$/.test(line)) kept += 1;
    } while (!line.includes("dropped"));
    const { dropped } = JSON.parse(line);
    expect(kept).toBeGreaterThan(1_000);
    expect(kept + dropped).toBe(40_000);
  } finally {
    program.kill("SIGKILL");
  }
});
