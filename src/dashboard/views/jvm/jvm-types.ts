import type { Answers } from "../../api/api-types.ts";

/** What the API tells of a JVM. */
export type JvmDetail = Answers["GET /jvm/{pid}"];
/** An MBean with the values of its attributes. */
export type MBean = Answers["GET /jvm/{pid}/mbeans/{mbean}"];

/** Longer than `jvm.timeoutMs` can be: who waits so long is told by the sidecar what the JVM did, and what to do. */
export const JVM_PATIENCE_MS = 150_000;
/** What may keep an answer of the JVM itself. */
export const JVM_KEEPS =
  "The JVM answers when its threads have come to a stop: it may be collecting, or stand still, or have no CPU. The app does not wait for this.";

const PRIMITIVES: Readonly<Record<string, string>> = {
  ...{ B: "byte", C: "char", D: "double", F: "float", I: "int", J: "long", S: "short", Z: "boolean" },
};

/** A type as one writes it: `String[]` for `[Ljava.lang.String;`. */
export function shortType(type: string): string {
  const element = /^\[+L?([\w.$]+);?$/.exec(type)?.[1];
  const base = (element ?? type).replace(/^(?:\w+\.)+/, "");
  return element === undefined ? base : `${PRIMITIVES[base] ?? base}[]`;
}
