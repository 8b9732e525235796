import type { Answers } from "../../api/api-types.ts";

/** What the API tells of a JVM. */
export type JvmDetail = Answers["GET /jvm/{pid}"];
/** An MBean with the values of its attributes. */
export type MBean = Answers["GET /jvm/{pid}/mbeans/{mbean}"];

const PRIMITIVES: Readonly<Record<string, string>> = {
  ...{ B: "byte", C: "char", D: "double", F: "float", I: "int", J: "long", S: "short", Z: "boolean" },
};

/** A type as one writes it: `String[]` for `[Ljava.lang.String;`. */
export function shortType(type: string): string {
  const element = /^\[+L?([\w.$]+);?$/.exec(type)?.[1];
  const base = (element ?? type).replace(/^(?:\w+\.)+/, "");
  return element === undefined ? base : `${PRIMITIVES[base] ?? base}[]`;
}
