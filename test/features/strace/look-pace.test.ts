import { statfsSync, writeSync } from "node:fs";
import { expect, test } from "vitest";
import { LookPace } from "../../../src/features/strace/look-pace.ts";
import { isInMemory } from "../../../src/linux/memory-file-system.ts";
import { openScratch } from "../../../src/linux/scratch.ts";
import { poll } from "../../support/poll.ts";

/** Longer than a test may take: only what wakes can end such a wait. */
const NEVER_MS = 600_000;
const SOON = { intervalMs: 1, busyIntervalMs: 1 };

/** Looks that find nothing, until the kernel is to say when something comes. */
async function untilWatching(
  pace: LookPace,
): Promise<{ readonly isOver: boolean; readonly over: Promise<void> }> {
  for (let looks = 0; looks < 4; looks += 1) await pace.next(0, NEVER_MS);
  const wait = { isOver: false, over: pace.next(0, NEVER_MS) };
  void wait.over.then(() => {
    wait.isOver = true;
  });
  return wait;
}

test("while nothing comes nobody looks, and the first that is written wakes", async () => {
  await using scratch = openScratch("/dev/shm");
  using pace = new LookPace(scratch, { ...SOON, idleIntervalMs: NEVER_MS });
  for (let round = 0; round < 3; round += 1) {
    const wait = await untilWatching(pace);
    expect(wait.isOver).toBe(false);
    writeSync(scratch.descriptor, "a line\n");
    await wait.over;
    expect(String(await scratch.readMore())).toBe("a line\n");
    // Now lines come: it is looked for more of them after a short while, whatever is written.
    await pace.next(7, NEVER_MS);
  }
});

test("what has been written before the watch began is found without a wait for it", async () => {
  await using scratch = openScratch("/dev/shm");
  using pace = new LookPace(scratch, { ...SOON, idleIntervalMs: NEVER_MS });
  for (let looks = 0; looks < 3; looks += 1) await pace.next(0, NEVER_MS);
  writeSync(scratch.descriptor, "a line\n");
  await pace.next(0, NEVER_MS);
  expect(String(await scratch.readMore())).toBe("a line\n");
});

test("where a look brings too much at once, the next ones come so soon that they do not", async () => {
  await using scratch = openScratch("/dev/shm");
  using pace = new LookPace(scratch, { intervalMs: 1, busyIntervalMs: NEVER_MS, rushIntervalMs: 1 });
  const enough = 32_768;
  await pace.next(enough * NEVER_MS, NEVER_MS);
  // Each brings what is right: then the pace stays.
  for (let looks = 0; looks < 3; looks += 1) await pace.next(enough, NEVER_MS);
  // A twentieth of that: twenty times as long until the next one.
  const beganAtMs = performance.now();
  await pace.next(enough / 20, NEVER_MS);
  expect(performance.now() - beganAtMs).toBeGreaterThan(15);
});

test("a wait ends with the signal, with the ring that came before it, and with the time it may take", async () => {
  await using scratch = openScratch("/dev/shm");
  const client = new AbortController();
  using pace = new LookPace(scratch, { intervalMs: NEVER_MS, idleIntervalMs: NEVER_MS });
  pace.ringAt(client.signal);
  const wait = pace.next(0, NEVER_MS);
  client.abort();
  await wait;
  pace.ring();
  await pace.next(0, NEVER_MS);
  await pace.next(0, 1);
  await pace.next(1, 1);
});

test("where the kernel tells nothing, it is looked every few milliseconds", async () => {
  let watches = 0;
  const silent = () => {
    watches += 1;
    return { [Symbol.dispose]: () => undefined };
  };
  using pace = new LookPace({ watch: silent }, { ...SOON, idleIntervalMs: 1 });
  // Something is found at looks that nobody has woken for.
  for (let round = 0; round < 2; round += 1) {
    await (await untilWatching(pace)).over;
    await pace.next(7, NEVER_MS);
  }
  for (let looks = 0; looks < 20; looks += 1) await pace.next(0, NEVER_MS);
  expect(watches).toBe(2);
  let refusals = 0;
  const unable = () => {
    refusals += 1;
    return undefined;
  };
  using other = new LookPace({ watch: unable }, { ...SOON, idleIntervalMs: NEVER_MS });
  for (let looks = 0; looks < 20; looks += 1) await other.next(0, NEVER_MS);
  expect(refusals).toBe(1);
});

test("a scratch in a folder that is no memory is watched by nobody, and read all the same", async (context) => {
  if (isInMemory(statfsSync("/var/tmp"))) context.skip("/var/tmp is in memory");
  await using scratch = openScratch("/var/tmp");
  expect(scratch.watch(() => undefined)).toBeUndefined();
  writeSync(scratch.descriptor, "a line\n");
  expect(String(await poll("it is there", async () => (await scratch.readMore()).toString()))).toBe(
    "a line\n",
  );
});
