import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../base/errors.ts";
import { signalProcess } from "../../../linux/signal-process.ts";
import type { Attacher } from "../attach/attacher.ts";
import { type AppFolder, SPARE_BYTES } from "../files/app-folder.ts";
import type { JvmFile, Written } from "../files/jvm-file.ts";
import { stopRecording } from "./flight-recorder.ts";
import type { RecordingWish } from "./recording-schema.ts";

/** What it takes to see a recording through that has begun. */
export interface RecordingParts {
  readonly attacher: Attacher;
  /** Where the JVM writes its file at the end. */
  readonly folder: AppFolder;
  /** Where it writes while it records. */
  readonly repository: AppFolder;
}

const LOOK_MS = 250;
const JVM_ENDED = "The JVM ended before the time was over.";

/** By what the JVM knows the recording of a file. */
export function recordingName(fileId: string): string {
  return `tickbird-${fileId}`;
}

/**
 * Waits until a recording is over, and has the JVM write it.
 * @throws {AppError} `storage-full` where the room has run out, `core-reset` where the JVM has ended and left nothing,
 * `jvm-refused` with the JVM's own words.
 */
export async function seeThrough(
  file: JvmFile<RecordingWish>,
  { attacher, folder, repository }: RecordingParts,
): Promise<Written> {
  const why = await waitForEnd(file, [folder, repository]);
  // JDK Flight Recorder aborts the JVM where it has no room left (JfrJavaSupport::abort): without a name to write it to,
  // it only lets go of what it has.
  if (why === "no room") await folder.remove(file.nameInApp);
  const said = why === "ended" ? JVM_ENDED : await stopIfThere(file, attacher, why === "over");
  if (why === "no room") {
    throw new AppError("storage-full", "There was no room left for the recording: it was stopped.");
  }
  if (why === "given up" || (await folder.sizeOf(file.nameInApp)) > 0) {
    return { note: said === JVM_ENDED ? JVM_ENDED : null };
  }
  if (said === JVM_ENDED) throw new AppError("core-reset", `${JVM_ENDED} It has left nothing of it.`);
  throw new AppError("jvm-refused", `The JVM has written nothing. It says: ${said}.`);
}

type End = "over" | "given up" | "ended" | "no room";

async function waitForEnd(
  { jvm, wish, givenUp }: JvmFile<RecordingWish>,
  folders: readonly AppFolder[],
): Promise<End> {
  const identity = { pid: jvm.stat.pid, startTime: jvm.startTime };
  const deadlineMs = performance.now() + wish.durationSeconds * 1_000;
  for (;;) {
    if (givenUp.aborted) return "given up";
    if (signalProcess(identity, 0) === "gone") return "ended";
    const free = await Promise.all(folders.map((folder) => folder.freeBytes()));
    if (Math.min(...free) < SPARE_BYTES) return "no room";
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) return "over";
    await delay(Math.min(LOOK_MS, leftMs), undefined, { signal: givenUp }).catch(() => undefined);
  }
}

/** What the JVM says; that it has ended where it does so just now. */
async function stopIfThere(
  { id, jvm }: JvmFile<RecordingWish>,
  attacher: Attacher,
  isWanted: boolean,
): Promise<string> {
  try {
    return await stopRecording(jvm, attacher, recordingName(id), isWanted);
  } catch (error) {
    const identity = { pid: jvm.stat.pid, startTime: jvm.startTime };
    if (signalProcess(identity, 0) === "gone") return JVM_ENDED;
    throw error;
  }
}
