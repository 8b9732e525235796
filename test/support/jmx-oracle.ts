import { connectJmx } from "../../src/features/jvm/jmx/jmx-client.ts";
import { isJsonArray, type Json } from "../../src/features/jvm/jmx/json.ts";
import { toJson } from "../../src/features/jvm/jmx/to-json.ts";
import type { JavaValue } from "../../src/features/jvm/serialization/java-values.ts";
import { runJava } from "./jmx-fixtures.ts";

/** What Java's own client reads (`test/fixtures/jmx/Oracle.java`), and what ours does, in the same form. */

/** By MBean and attribute, with a tabulator between. */
interface Readings {
  readonly values: ReadonlyMap<string, string>;
  readonly connectMs: number;
  readonly readMs: number;
}

/**
 * Reads all that a JVM has on a port of loopback with ours, and with Java's client before and after; says how it went.
 * @param what the JVM, for what is said.
 */
export async function compareClients(what: string, classes: string, port: number): Promise<Comparison> {
  const before = await readWithJava(classes, port);
  const ours = await readWithOurs(port);
  const after = await readWithJava(classes, port);
  const comparison = compare(before, ours, after);
  const { attributes, stable, equal, unreadable } = comparison;
  const durations = [ours.connectMs, after.connectMs, ours.readMs, after.readMs].map(
    (ms) => `${ms.toFixed()} ms`,
  );
  console.info(
    `${what}: ${attributes} attributes, ${stable} stable, ${equal} of them equal (${unreadable} unreadable for both);`,
    `connecting ${durations[0]} (Java's client ${durations[1]}), reading all ${durations[2]} (${durations[3]})`,
  );
  return comparison;
}

async function readWithJava(classes: string, port: number): Promise<Readings> {
  const lines = (await runJava(classes, "Oracle", String(port))).trimEnd().split("\n");
  const [, connectUs, readUs] = lines.pop()?.split("\t") ?? [];
  const values = new Map(
    lines.map((line): [string, string] => {
      const [mbean, attribute, ...value] = line.split("\t");
      return [`${mbean}\t${attribute}`, value.join("\t")];
    }),
  );
  return { values, connectMs: Number(connectUs) / 1_000, readMs: Number(readUs) / 1_000 };
}

async function readWithOurs(port: number): Promise<Readings> {
  const startedMs = performance.now();
  await using client = await connectJmx({ host: "127.0.0.1", port, credentials: null });
  const connectedMs = performance.now();
  const values = new Map<string, string>();
  for (const mbean of await client.names(null)) {
    const { attributes } = await client.info(mbean);
    const names = attributes.filter(({ isReadable }) => isReadable).map(({ name }) => name);
    for (const [name, { value, error }] of await client.attributes(mbean, names)) {
      const isRead = error === undefined;
      const text = isRead
        ? `${plainClass(value)}\t${canonical(toJson(value))}`
        : `!\t${error.chain.at(-1)?.className}`;
      values.set(`${mbean}\t${name}`, text);
    }
  }
  return { values, connectMs: connectedMs - startedMs, readMs: performance.now() - connectedMs };
}

/** What came of comparing. */
export interface Comparison {
  /** How many attributes Java reads. */
  readonly attributes: number;
  /** How many were the same both times that Java read them, ours between. */
  readonly stable: number;
  readonly equal: number;
  /** Those that neither client can read, for the same reason. */
  readonly unreadable: number;
  /** Stable, and not equal. */
  readonly different: ReadonlyMap<string, { readonly java: string; readonly ours: string | undefined }>;
  /** Those that only one of the clients has found. */
  readonly onlyOne: readonly string[];
}

function compare(before: Readings, ours: Readings, after: Readings): Comparison {
  const stable = [...before.values].filter(([key, value]) => after.values.get(key) === value);
  const different = stable.filter(([key, value]) => ours.values.get(key) !== value);
  const found = [...before.values.keys()].filter((key) => after.values.has(key));
  return {
    attributes: before.values.size,
    stable: stable.length,
    equal: stable.length - different.length,
    unreadable: stable.filter(([key, value]) => value.startsWith("!") && ours.values.get(key) === value)
      .length,
    different: new Map(different.map(([key, java]) => [key, { java, ours: ours.values.get(key) }])),
    onlyOne: [
      ...found.filter((key) => !ours.values.has(key)),
      ...[...ours.values.keys()].filter((key) => !before.values.has(key) && !after.values.has(key)),
    ],
  };
}

function plainClass(value: JavaValue): string {
  if (value === null) return "-";
  if (typeof value === "string") return "java.lang.String";
  if (typeof value !== "object" || value.kind === "block") return "primitive";
  if (value.kind === "class") return "java.lang.Class";
  return /^(?:java\.lang\.|java\.math\.|\[)/.test(value.type.name) ? value.type.name : "-";
}

function canonical(json: Json): string {
  if (typeof json === "number") return canonicalNumber(json);
  if (typeof json === "string") return canonicalText(json);
  if (typeof json !== "object" || json === null) return String(json);
  if (isJsonArray(json)) return `[${json.map(canonical).join(",")}]`;
  const members = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `${canonicalText(name)}:${canonical(value)}`).join(",")}}`;
}

function canonicalNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  return `0x${bits.getBigUint64(0).toString(16)}`;
}

function canonicalText(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => {
    const unit = text[index] ?? "";
    if (unit === '"' || unit === "\\") return `\\${unit}`;
    const code = text.charCodeAt(index);
    return code < 0x20 || code > 0x7e ? `\\u${code.toString(16).padStart(4, "0")}` : unit;
  });
  return `"${units.join("")}"`;
}
