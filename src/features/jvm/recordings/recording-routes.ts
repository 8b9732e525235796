import { AppError } from "../../../base/errors.ts";
import type { Settings } from "../../../settings/schema.ts";
import { createKeptResults, type KeptResults } from "../../../web/kept-results.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { addBeginning } from "../files/begin-route.ts";
import { addFileRoutes, type FileKind } from "../files/file-routes.ts";
import { JvmFile } from "../files/jvm-file.ts";
import type { TalkParts } from "../talk-routes.ts";
import { beginRecording } from "./begin-recording.ts";
import { type RecordingWish, recordingList, recordingRequest, recordingState } from "./recording-schema.ts";

const MAX_KEPT = 8;
const MAX_AGE_MS = 3_600_000;

const KIND: FileKind<RecordingWish> = {
  names: { one: "recording", many: "recordings", path: "recordings" },
  ...{ listName: "recordings", state: recordingState, list: recordingList },
  ...{ file: "recording.jfr", nameAtHome: "recording" },
  fileSummary: "The file, for JDK Mission Control or the JDK's own jfr",
  deleteSummary: "Remove a recording; one that still runs is stopped in the JVM",
  more: ({ wish: { durationSeconds, settings, maxBytes }, startedAt, state }) => ({
    ...{ durationSeconds, settings, maxBytes },
    progress:
      state === "running" ? Math.min(1, (Date.now() - startedAt.getTime()) / 1_000 / durationSeconds) : 1,
  }),
};

/** Recordings that are kept. */
export type Recordings = KeptResults<JvmFile<RecordingWish>>;

/** Keeps none yet. */
export function createRecordings({ maxRecordingBytes }: Settings["jvm"]): Recordings {
  return createKeptResults(KIND.names, {
    maxCount: MAX_KEPT,
    maxBytes: 4 * maxRecordingBytes,
    maxAgeMs: MAX_AGE_MS,
  });
}

/** Adds the routes of recordings. */
export function addRecordingRoutes(
  table: RouteTable,
  recordings: Recordings,
  settings: Settings["jvm"],
  parts: TalkParts,
): void {
  addBeginning(table, KIND, recordings, parts, {
    summary: "Have a JVM record what it does, with JDK Flight Recorder",
    description:
      "The recorder is part of the JVM; it stays loaded until the JVM ends. While it records, the JVM writes into its `java.io.tmpdir`; at the end into `jvm.dumpDir`, and there the file has no name any more, and its room is free when it is removed here, after an hour at the latest. It tells of threads, files, sockets, exceptions, the environment and the arguments, secrets too.",
    request: recordingRequest,
    example: '{"durationSeconds": 60, "settings": "profile"}',
    ...{ audit: "jvm.recording", idName: "recordingId", message: "a JVM is made to record" },
    fileFor: async (jvm, asked) =>
      new JvmFile(jvm, "jfr", { ...asked, maxBytes: sizeOf(asked.maxBytes, settings) }),
    prepare(file) {
      const others = recordings.list().filter((one) => one !== file && one.state === "running");
      return beginRecording(file, { ...parts, others, dir: settings.dumpDir });
    },
  });
  addFileRoutes(table, KIND, recordings);
}

function sizeOf(asked: number | undefined, { maxRecordingBytes }: Settings["jvm"]): number {
  if (asked === undefined || asked <= maxRecordingBytes) return asked ?? maxRecordingBytes;
  throw new AppError("content-invalid", `/maxBytes: ${maxRecordingBytes} bytes are allowed.`, {
    errors: [{ pointer: "/maxBytes", detail: `must be at most ${maxRecordingBytes}` }],
    remedy: `SIDECAR_JVM_MAX_RECORDING_BYTES=${asked}`,
    extra: { maxBytes: maxRecordingBytes },
  });
}
