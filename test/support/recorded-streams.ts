import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { createByteInput, readWhole } from "../../src/features/jvm/serialization/byte-input.ts";
import type { JavaValue } from "../../src/features/jvm/serialization/java-values.ts";
import { createObjectReader } from "../../src/features/jvm/serialization/object-reader.ts";
import { READ_LIMITS, type ReadLimits } from "../../src/features/jvm/serialization/read-limits.ts";
import { jmxFixture } from "./jmx-fixtures.ts";

/** Streams as Java has written them, by their names in `test/fixtures/jmx/Streams.java`. */
export function recordedStreams(): ReadonlyMap<string, Buffer> {
  const text = gunzipSync(readFileSync(jmxFixture("streams.txt.gz"))).toString();
  const lines = text.trimEnd().split("\n");
  return new Map(
    lines.map((line): [string, Buffer] => {
      const blank = line.lastIndexOf(" ");
      return [line.slice(0, blank), Buffer.from(line.slice(blank + 1), "base64")];
    }),
  );
}

/** Reads the first values of a stream that is all there. */
export function readStream(bytes: Buffer, count = 1, limits: Partial<ReadLimits> = {}): JavaValue[] {
  const all = { ...READ_LIMITS, ...limits };
  const input = createByteInput(all.bytes);
  input.append(bytes);
  const reader = createObjectReader(input, all);
  readWhole(input, reader.readHeader());
  return Array.from({ length: count }, () => readWhole(input, reader.readValue()));
}
