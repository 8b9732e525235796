import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** What strace once wrote of a real program; `test/fixtures/strace/record.sh` records it. */
export interface RecordedTrace {
  /** That of strace: `5.10`, `6.1` or `6.13`. */
  readonly version: string;
  /** The program, or the scene of `calls.c`. */
  readonly name: string;
  readonly lines: readonly string[];
}

const FOLDER = new URL("../fixtures/strace/", import.meta.url);
const SUFFIX = ".trace.gz";

/** The versions of strace that there are traces of. */
export const VERSIONS = ["5.10", "6.1", "6.13"] as const;

/** Reads a trace. */
export function recordedTrace(version: (typeof VERSIONS)[number], name: string): RecordedTrace {
  const text = gunzipSync(readFileSync(new URL(`${version}/${name}${SUFFIX}`, FOLDER))).toString("latin1");
  return { version, name, lines: text.replace(/\n$/, "").split("\n") };
}

/** Reads all traces. */
export function recordedTraces(): RecordedTrace[] {
  return VERSIONS.flatMap((version) =>
    readdirSync(new URL(`${version}/`, FOLDER))
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => recordedTrace(version, file.slice(0, -SUFFIX.length))),
  );
}
