import { fstatSync, writeSync } from "node:fs";
import { expect, test } from "vitest";
import { openScratch } from "../../src/linux/scratch.ts";
import { poll } from "../support/poll.ts";

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
