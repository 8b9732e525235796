import { describe, expect, test } from "vitest";
import { FrameTracker, goingAway } from "../../../src/forward/upgrade/frames.ts";
import { type Random, randomOf } from "../../support/random.ts";
import { closeOf, frameOf, frameReader, OPCODE } from "./support.ts";

const SIZES = [0, 1, 2, 125, 126, 127, 128, 1_000, 65_535, 65_536, 65_537, 200_000];

/** Frames of random kinds and sizes, none of them a Close. */
function randomFrames(random: Random): Buffer[] {
  return Array.from({ length: 1 + random.int(12) }, () =>
    frameOf(
      random.pick([0, OPCODE.TEXT, OPCODE.BINARY, OPCODE.PING, OPCODE.PONG]),
      Buffer.alloc(random.pick(SIZES), random.int(256)),
      { isMasked: random.chance(0.5) },
    ),
  );
}

describe("the tracker of frames", () => {
  test("knows at each byte whether a frame is complete", () => {
    const frames = [0, 125, 126, 300].flatMap((size) =>
      [true, false].map((isMasked) => frameOf(OPCODE.BINARY, Buffer.alloc(size, 0x88), { isMasked })),
    );
    const ends = new Set<number>();
    let bytes = 0;
    for (const frame of frames) {
      bytes += frame.length;
      ends.add(bytes);
    }
    const tracker = new FrameTracker();
    expect(tracker.isBetweenFrames).toBe(true);
    for (const [index, byte] of Buffer.concat(frames).entries()) {
      tracker.take(Buffer.of(byte));
      expect([index, tracker.isBetweenFrames]).toEqual([index, ends.has(index + 1)]);
    }
    expect(tracker.hasClosed).toBe(false);
  });

  test("says the same however the bytes are cut", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomOf(seed);
      const frames = randomFrames(random);
      const all = Buffer.concat(frames);
      const tracker = new FrameTracker();
      for (let at = 0; at < all.length; ) {
        const end = Math.min(all.length, at + 1 + random.int(random.pick([3, 20, 5_000, 300_000])));
        tracker.take(all.subarray(at, end));
        at = end;
      }
      expect([seed, tracker.isBetweenFrames, tracker.hasClosed]).toEqual([seed, true, false]);
      tracker.take(all.subarray(0, (frames[0]?.length ?? 0) - 1));
      expect([seed, tracker.isBetweenFrames]).toEqual([seed, false]);
    }
  });

  test("sees a Close frame, but none in the payload of another frame", () => {
    const tracker = new FrameTracker();
    tracker.take(frameOf(OPCODE.BINARY, frameOf(OPCODE.CLOSE, "", { isMasked: false }), { isMasked: false }));
    expect(tracker.hasClosed).toBe(false);
    tracker.take(frameOf(OPCODE.CLOSE, Buffer.of(3, 0xe8)));
    expect(tracker.hasClosed).toBe(true);
  });

  test("takes the longest length there is for what it is: a frame that does not end", () => {
    const tracker = new FrameTracker();
    tracker.take(Buffer.concat([Buffer.of(0x82, 127), Buffer.alloc(8, 0xff)]));
    tracker.take(Buffer.alloc(1_000_000));
    expect(tracker.isBetweenFrames).toBe(false);
  });
});

test.each(["client", "core"] as const)("the goodbye to the %s is a Close frame with 1001", (to) => {
  const frame = goingAway(to);
  const reader = frameReader();
  reader.take(frame);
  expect(closeOf(reader.frames[0])).toEqual({ code: 1_001, reason: "shutting down" });
  // What a client sends is masked, what a server sends is not (RFC 6455 section 5.1).
  expect(((frame[1] ?? 0) & 0x80) !== 0).toBe(to === "core");
});
