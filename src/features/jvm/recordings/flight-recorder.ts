import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../base/errors.ts";
import { printable } from "../../../base/printable.ts";
import { parseCommands } from "../answers/commands.ts";
import type { Attacher } from "../attach/attacher.ts";
import type { Jvm } from "../jvm-finder.ts";

/** What is said to JDK Flight Recorder (the `JFR.*` commands of jcmd). It answers refusals as it answers success: in words. */

/** A recording that is to begin. */
export interface RecordingOrder {
  /** By which the JVM knows it. */
  readonly name: string;
  /** Where the JVM writes it at its end, as the app sees it. */
  readonly path: string;
  readonly settings: "default" | "profile";
  readonly durationSeconds: number;
  readonly maxBytes: number;
}

/** The first command has the JVM load its recorder: a second on a busy machine. */
const START_TIMEOUT_MS = 60_000;
/** It copies all that it has recorded. */
const STOP_TIMEOUT_MS = 120_000;
/** While the JVM is at something that takes long, such as a heap dump, it is asked again and again. */
const BUSY_MS = 600_000;
/** The JVM ends a recording by itself, too. */
const UNWANTED_MS = 20_000;
const RETRY_MS = 500;
/** `Recording 1: name=x duration=1m (running)`. */
const ACTIVE = /^Recording \d+: (?:name=)?(.*?) ?\((?:running|delayed)\)$/;

/**
 * The recordings that a JVM runs, in its own words.
 * @throws {AppError} `jvm-refused` where it has no Flight Recorder, or as `Attacher.ask`.
 */
export async function activeRecordings(jvm: Jvm, attacher: Attacher): Promise<readonly string[]> {
  const commands = parseCommands(await attacher.ask(jvm, "jcmd", "help"));
  if (!commands.includes("JFR.start")) throw noRecorder(jvm, "its jcmd has no JFR.start");
  const said = await ask(jvm, attacher, START_TIMEOUT_MS, "JFR.check");
  if (!/^(?:No available recordings|Recording \d+:)/m.test(said)) throw noRecorder(jvm, wordsOf(said));
  return said.split("\n").flatMap((line) => ACTIVE.exec(line)?.[1] ?? []);
}

/**
 * Begins a recording. The JVM ends it by itself, should nobody do it.
 * @throws {AppError} `jvm-refused` with the JVM's own words; it may have begun all the same where it was too slow.
 */
export async function startRecording(jvm: Jvm, attacher: Attacher, order: RecordingOrder): Promise<void> {
  const { name, settings, durationSeconds, maxBytes, path } = order;
  // Without a file, a JVM of Java 25 writes one into its own folder at the end.
  const options = `name=${name} settings=${settings} duration=${durationSeconds}s maxsize=${maxBytes} filename="${path}"`;
  const said = await ask(jvm, attacher, START_TIMEOUT_MS, `JFR.start ${options}`);
  if (!/^Started recording \d+/m.test(said)) throw refused(jvm, said);
}

/**
 * Ends a recording, and has the JVM write its file; gives what the JVM says to it. Waits until the JVM has time for that.
 * @param isWanted whether there is anybody who waits for the file; else it is not waited for long.
 */
export async function stopRecording(
  jvm: Jvm,
  attacher: Attacher,
  name: string,
  isWanted = false,
): Promise<string> {
  const deadlineMs = performance.now() + (isWanted ? BUSY_MS : UNWANTED_MS);
  for (;;) {
    try {
      const timeoutMs = isWanted ? STOP_TIMEOUT_MS : UNWANTED_MS;
      return wordsOf(await ask(jvm, attacher, timeoutMs, `JFR.stop name=${name}`));
    } catch (error) {
      const isBusy = error instanceof AppError && error.code === "limit-reached";
      if (!isBusy || performance.now() > deadlineMs) throw error;
      await delay(RETRY_MS);
    }
  }
}

/** The folder, as the app sees it, into which a JVM writes while it records; undefined where it does not say. */
export async function repositoryOf(jvm: Jvm, attacher: Attacher): Promise<string | undefined> {
  const said = await ask(jvm, attacher, START_TIMEOUT_MS, "JFR.configure");
  return /^Repository path: (\/.*)$/m.exec(said)?.[1];
}

/** With a time-out of its own; it can't be given up. */
function ask(jvm: Jvm, attacher: Attacher, timeoutMs: number, command: string): Promise<string> {
  return attacher.askLong(jvm, { timeoutMs, signal: new AbortController().signal }, "jcmd", command);
}

function noRecorder({ stat: { pid } }: Jvm, why: string): AppError {
  return new AppError("jvm-refused", `JVM ${pid} has no Flight Recorder: ${why}.`, {
    remedy:
      "Run the app on OpenJDK 11 or later, or on 8u262 or later, with the module jdk.jfr and without -XX:-FlightRecorder",
  });
}

function refused({ stat: { pid } }: Jvm, said: string): AppError {
  return new AppError("jvm-refused", `JVM ${pid} does not record: ${wordsOf(said)}.`, {
    remedy: "SIDECAR_JVM_DUMP_DIR=<a folder of the app in which the app's own user may write>",
  });
}

function wordsOf(said: string): string {
  return printable(said.trim().replace(/\s+/g, " ")).slice(0, 300).replace(/\.$/, "");
}
