import { expect, test } from "vitest";
import { jsonText } from "../../../../src/features/jvm/jmx/json.ts";
import { JsonLimitError } from "../../../../src/features/jvm/jmx/json-budget.ts";
import { mbeanInfoOf } from "../../../../src/features/jvm/jmx/mbean-info.ts";
import { toJson } from "../../../../src/features/jvm/jmx/to-json.ts";
import { remoteMethod } from "../../../../src/features/jvm/rmi/method.ts";
import { remoteRefOf } from "../../../../src/features/jvm/rmi/remote-ref.ts";
import { readReply } from "../../../../src/features/jvm/rmi/reply.ts";
import { RemoteException } from "../../../../src/features/jvm/rmi/rmi-error.ts";
import { createByteInput } from "../../../../src/features/jvm/serialization/byte-input.ts";
import type { JavaValue } from "../../../../src/features/jvm/serialization/java-values.ts";
import { WriteAbortedError } from "../../../../src/features/jvm/serialization/object-reader.ts";
import { JavaStreamError } from "../../../../src/features/jvm/serialization/stream-error.ts";
import { type Random, randomOf, seedOr } from "../../../support/random.ts";
import { recordedExchanges } from "../../../support/recorded-jvm.ts";

/** `FUZZ_REPLIES=1000000` for a long run. */
const COUNT = Number(process.env["FUZZ_REPLIES"] ?? 20_000);
const LIMITS = { bytes: 300_000, depth: 200, handles: 20_000, values: 100_000 };
const JSON_LIMITS = { depth: 50, values: 20_000 };
const MAX_REPLY_BYTES = 20_000;
/** Far above what one takes, for a machine that does other things too. */
const MAX_MS = 5_000;
const METHOD = remoteMethod("any()Ljava/lang/Object;");
/** What bytes mean something: tags, and the ends of lengths. */
const TELLING = [0, 1, 0x7f, 0x80, 0xff, ...Array.from({ length: 15 }, (_, index) => 0x70 + index)];

test(
  `${COUNT} replies that were tampered with are read, or refused, in little time and memory`,
  () => {
    const seed = seedOr(20_261_129);
    const random = randomOf(seed);
    const replies = [
      ...new Set(recordedExchanges("client").exchanges.map(({ reply }) => reply.toString("latin1"))),
    ]
      .map((reply) => Buffer.from(reply, "latin1"))
      .filter((reply) => reply.length < MAX_REPLY_BYTES);
    expect(replies.length).toBeGreaterThan(50);
    const outcomes = { read: 0, incomplete: 0, refused: 0, aborted: 0 };
    let slowestMs = 0;
    const heapBefore = process.memoryUsage().heapUsed;
    for (let index = 0; index < COUNT; index += 1) {
      const bytes = mutate(random.pick(replies), replies, random);
      const startedMs = performance.now();
      const outcome = outcomeOf(
        bytes,
        random.chance(0.05) ? 7 : bytes.length,
        `seed ${seed}, reply ${index}`,
      );
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      outcomes[outcome] += 1;
    }
    // Each kind of end was seen, and so the mutations are neither too mild nor too wild.
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(COUNT / 500);
    expect(slowestMs).toBeLessThan(MAX_MS);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(300_000_000);
  },
  // A reply takes a tenth of a millisecond, on a machine that does nothing else.
  Math.max(60_000, 10 * COUNT),
);

function outcomeOf(
  bytes: Buffer,
  pieceBytes: number,
  where: string,
): "read" | "incomplete" | "refused" | "aborted" {
  const input = createByteInput(LIMITS.bytes);
  const reading = readReply(input, LIMITS, METHOD);
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      input.append(bytes.subarray(at, at + pieceBytes));
      const step = reading.next();
      if (step.done === true) {
        use(step.value.kind === "returned" ? step.value.value : step.value.throwable);
        return "read";
      }
    }
    return "incomplete";
  } catch (error) {
    if (error instanceof JavaStreamError) return "refused";
    if (error instanceof WriteAbortedError) {
      use(error.throwable);
      return "aborted";
    }
    throw new Error(`${where}: ${bytes.toString("base64")}`, { cause: error });
  }
}

/** Everything that is done with what a JVM sends. */
function use(value: JavaValue): void {
  new RemoteException(value).has("java.lang.Exception");
  mbeanInfoOf(value);
  for (const read of [() => remoteRefOf(value), () => jsonText(toJson(value, { limits: JSON_LIMITS }))]) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof JavaStreamError || error instanceof JsonLimitError)) throw error;
    }
  }
}

function mutate(original: Buffer, all: readonly Buffer[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  // What every reply begins with is soon said: the rest is where the ways part.
  const place = () =>
    random.chance(0.02)
      ? random.int(bytes.length)
      : Math.min(bytes.length - 1, 22 + random.int(bytes.length));
  for (let count = 1 + random.int(4); count > 0; count -= 1) {
    const at = place();
    switch (random.int(7)) {
      case 0:
        bytes[at] = random.int(256);
        break;
      case 1:
        bytes[at] = random.pick(TELLING);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.int(8))]);
        break;
      case 3:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.of(random.pick(TELLING), random.int(256)),
          bytes.subarray(at),
        ]);
        break;
      case 4: {
        const other = random.pick(all);
        const from = random.int(other.length);
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          other.subarray(from, from + random.int(200)),
          bytes.subarray(at),
        ]);
        break;
      }
      case 5:
        // References go to other places.
        retarget(bytes, at, random);
        break;
      default:
        if (random.chance(0.1)) bytes = bytes.subarray(0, Math.max(1, at));
    }
  }
  return bytes;
}

function retarget(bytes: Buffer, from: number, random: Random): void {
  const at = bytes.indexOf("71007e00", from, "hex");
  if (at !== -1 && at + 4 < bytes.length) bytes[at + 4] = random.int(40);
}
