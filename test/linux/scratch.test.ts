import { fstatSync, writeSync } from "node:fs";
import { expect, test } from "vitest";
import { openScratch } from "../../src/linux/scratch.ts";
import { run } from "../../src/linux/spawn.ts";
import { poll } from "../support/poll.ts";
import { fixturePath } from "./target-process.ts";

test("what was read takes no room any more, and what is appended meanwhile is read whole and in order", async () => {
  await using scratch = openScratch("/dev/shm");
  const piece = Buffer.alloc(65_536);
  let read = 0;
  let isSame = true;
  const total = 200;
  for (let index = 0; index < total; index += 1) {
    writeSync(scratch.descriptor, piece.fill(index));
    const got = await scratch.readMore();
    isSame &&= got.every((byte) => byte === index % 256);
    read += got.length;
  }
  expect([read, isSame]).toEqual([total * piece.length, true]);
  await poll("its room is given back", async () => {
    await scratch.readMore();
    return fstatSync(scratch.descriptor).blocks * 512 <= 8_388_608;
  });
  expect(fstatSync(scratch.descriptor).size).toBe(total * piece.length);
});

test("of what waits longer than may be, all but the last of it is passed over, and takes no room any more", async () => {
  await using scratch = openScratch("/dev/shm");
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));
  writeSync(scratch.descriptor, bytes);
  expect(scratch.passOver(1_000)).toBe(0);
  expect(scratch.passOver(500)).toBe(750);
  expect(await scratch.readMore()).toEqual(bytes.subarray(750));
  const most = 1_048_576;
  for (let count = 0; count < 16; count += 1) writeSync(scratch.descriptor, Buffer.alloc(most));
  expect(scratch.passOver(most)).toBe(15.5 * most);
  await poll("its room is given back", () => fstatSync(scratch.descriptor).blocks * 512 <= most);
});

test("its room is given back later, where that fails for the moment", async () => {
  const script = 'ulimit -n 64; exec "$0" "$1"';
  const { stdout } = await run(["sh", "-c", script, process.execPath, fixturePath("discard-late.ts")], {
    timeoutMs: 25_000,
  });
  const { before, after } = JSON.parse(stdout);
  expect(before).toBe(8_388_608);
  expect(after).toBeLessThan(before);
});
