import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { JmxClient } from "../../src/features/jvm/jmx/jmx-client.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  jsonText,
  parseJson,
} from "../../src/features/jvm/jmx/json.ts";
import { createJolokia } from "../../src/features/jvm/jolokia/answer-jolokia.ts";
import { createListMemory } from "../../src/features/jvm/jolokia/list-memory.ts";
import { createNotificationClients } from "../../src/features/jvm/notifications/notification-clients.ts";
import { compileJava, TUNING } from "./jmx-fixtures.ts";

/** Jolokia's own core, and what of its answers can be compared. */

const LIBRARIES = "/usr/share/java/jolokia-core.jar:/usr/share/java/json-simple.jar";

/**
 * Asks Jolokia's own core within the app with odd MBeans.
 * @param flags further ones of the JVM.
 * @param meanwhile called while the app is there, after the last answer.
 */
export async function askJolokia(
  requests: readonly string[],
  flags: readonly string[] = [],
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<string[]> {
  const classes = await compileJava("JolokiaOracle", LIBRARIES);
  const args = [...TUNING, ...flags, "-cp", `${classes}:${LIBRARIES}`, "JolokiaOracle"];
  const oracle = spawn("/usr/bin/java", args, { stdio: ["pipe", "pipe", "ignore"] });
  const ended = once(oracle, "close");
  const lines = createInterface({ input: oracle.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  const answers: string[] = [];
  try {
    for (const request of ["GET /version", ...requests]) {
      oracle.stdin.write(`${request}\n`);
      let line = await nextLine();
      if (line === "ready") line = await nextLine();
      answers.push(line);
    }
    await meanwhile();
  } finally {
    oracle.stdin.end();
    await ended;
  }
  return answers.slice(1);
}

/** Asks ours, to which nothing is denied. */
export async function askOurs(client: JmxClient, requests: readonly string[]): Promise<Json[]> {
  const mask = (_name: string, value: Json) => value;
  await using notifications = createNotificationClients({ hold: (act) => act(client), mask });
  const jolokia = createJolokia({
    ...{ client, notifications, version: "1.0.0", mask, denial: () => undefined },
    memory: createListMemory(),
  });
  const answers: Json[] = [];
  for (const request of requests) {
    const text = request.slice(request.indexOf(" ") + 1);
    const [path = "", query = ""] = text.split("?");
    const isGet = request.startsWith("GET ");
    const parameters = new Map(new URLSearchParams(query));
    const answer = isGet ? await jolokia.answerPath(path, parameters) : await jolokia.answerBody(text);
    if (answer.kind !== "json") throw new Error("it is a stream");
    answers.push(parseJson(jsonText(answer.json)));
  }
  return answers;
}

/** An answer without what differs from one moment or program to the next: time, traces, order of sets. */
export function comparable(answer: Json | string): unknown {
  const json = typeof answer === "string" ? parseJson(answer) : answer;
  if (isJsonArray(json)) return json.map(comparable);
  if (!isJsonObject(json)) return json;
  const { timestamp: _timestamp, stacktrace: _stacktrace, ...rest } = json;
  const { request, value } = rest;
  if (isJsonObject(request) && request["type"] === "write") {
    // Of a path Jolokia repeats only what it has not taken from it.
    const { path: _path, ...given } = request;
    return { ...rest, request: given };
  }
  const isSearch = isJsonObject(request) && request["type"] === "search";
  return isSearch && isJsonArray(value) ? { ...rest, value: value.map(String).toSorted() } : rest;
}
