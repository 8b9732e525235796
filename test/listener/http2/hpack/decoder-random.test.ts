import { expect, test } from "vitest";
import { HpackDecoder, HpackError } from "../../../../src/listener/http2/hpack/decoder.ts";
import { type Random, randomOf, seedOr } from "../../../support/random.ts";
import { RandomWriter } from "./block-writer.ts";
import { flat, randomField, STATIC_PAIRS } from "./fields.ts";

const LIMITS = { tableBytes: 4_096, listBytes: 1_000_000, listFields: 1_000 };
const SEED = seedOr(7_541);

const randomFields = (random: Random) =>
  Array.from({ length: random.int(12) }, () =>
    random.chance(0.3) ? random.pick(STATIC_PAIRS) : randomField(random),
  );

test.each([0, 64, 256, 4_096, 16_384])(
  "what a peer writes in any way, with a table of %i bytes, is read",
  (tableBytes) => {
    const random = randomOf(SEED + tableBytes);
    for (let connection = 0; connection < 20; connection += 1) {
      const writer = new RandomWriter(random, STATIC_PAIRS, tableBytes);
      const decoder = new HpackDecoder({ ...LIMITS, tableBytes });
      for (let request = 0; request < 50; request += 1) {
        const fields = randomFields(random);
        expect(decoder.decode(writer.write(fields))).toEqual({ list: flat(fields), isTooLarge: false });
      }
    }
  },
);

function spoilt(random: Random, block: Buffer): Buffer {
  const at = random.int(block.length + 1);
  switch (random.int(4)) {
    case 0:
      return block.subarray(0, at);
    case 1:
      return Buffer.concat([block.subarray(0, at), Buffer.from([random.int(256)]), block.subarray(at)]);
    case 2:
      return Buffer.concat([block.subarray(0, at), block.subarray(at + 1 + random.int(4))]);
    default: {
      const changed = Buffer.from(block);
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.int(8));
      return changed;
    }
  }
}

test("whatever has become of a block, it is read or refused: 100,000 times", () => {
  const random = randomOf(SEED);
  const outcome = { read: 0, refused: 0 };
  let decoder = new HpackDecoder(LIMITS);
  let blocks: Buffer[] = [];
  for (let round = 0; round < 100_000; round += 1) {
    if (round % 500 === 0) {
      const writer = new RandomWriter(random, STATIC_PAIRS, LIMITS.tableBytes);
      blocks = Array.from({ length: 20 }, () => writer.write(randomFields(random)));
    }
    try {
      const { list } = decoder.decode(spoilt(random, random.pick(blocks)));
      if (list.length % 2 !== 0 || list.some((text) => typeof text !== "string"))
        expect.fail("no list of fields");
      outcome.read += 1;
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      outcome.refused += 1;
      decoder = new HpackDecoder(LIMITS);
    }
  }
  // Both were tried.
  expect(outcome.read).toBeGreaterThan(10_000);
  expect(outcome.refused).toBeGreaterThan(10_000);
});
