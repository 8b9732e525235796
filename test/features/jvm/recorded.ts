import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { fixturePath } from "../../linux/target-process.ts";

/** The performance data that were recorded from real JVMs (`test/fixtures/jvm/record.sh`). */
export const RECORDED = [
  ...(["17-serial", "17-parallel", "17-g1", "17-z", "17-shenandoah"] as const),
  ...(["25-serial", "25-g1", "25-z", "25-shenandoah"] as const),
] as const;

/** The bytes of one. */
export function recorded(name: (typeof RECORDED)[number]): Buffer {
  return gunzipSync(readFileSync(fixturePath(`jvm/${name}.hsperfdata.gz`)));
}

/** What such a JVM has answered. */
export function recordedAnswer(java: "17" | "25", what: "threads" | "flags" | "classes" | "help"): string {
  return gunzipSync(readFileSync(fixturePath(`jvm/${java}-${what}.txt.gz`))).toString("utf8");
}
