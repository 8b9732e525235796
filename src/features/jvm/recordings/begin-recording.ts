import { AppError } from "../../../base/errors.ts";
import { parseProperties } from "../answers/properties.ts";
import type { Attacher } from "../attach/attacher.ts";
import { type AppFolder, openAppFolder } from "../files/app-folder.ts";
import type { JvmFile, Writing } from "../files/jvm-file.ts";
import type { Jvm } from "../jvm-finder.ts";
import type { TalkParts } from "../talk-routes.ts";
import { activeRecordings, repositoryOf, startRecording, stopRecording } from "./flight-recorder.ts";
import { recordingName, seeThrough } from "./record.ts";
import type { RecordingWish } from "./recording-schema.ts";

/** What it takes to begin a recording. */
export interface BeginParts extends Pick<TalkParts, "attacher" | "log"> {
  /** Recordings of ours that run. */
  readonly others: readonly JvmFile<RecordingWish>[];
  /** Where its file is written, as the app sees it. */
  readonly dir: string;
}

/** The JVM drops whole chunks (maxchunksize: 12 MB), and has one more beside that which it is at, whatever it may keep. */
const CHUNKS_BYTES = 33_554_432;
/** So much later the JVM ends a recording by itself, where no sidecar is there any more to do it. */
const LATER_SECONDS = 30;
/** What would end the name of a file within a command of jcmd, or is replaced in it. */
const NOT_IN_COMMANDS = /["'\\%\p{Cc}]/u;

/**
 * Has a JVM begin to record, where it can and has the room.
 * @throws {AppError} `conflict` where it records already, or the folder can't be used; `jvm-refused`, `storage-full`, or
 * as `Attacher.ask`.
 */
export async function beginRecording(file: JvmFile<RecordingWish>, parts: BeginParts): Promise<Writing> {
  const { jvm, wish, id, nameInApp } = file;
  const { attacher, log, others, dir } = parts;
  checkDir(dir);
  refuseSecond(jvm, others);
  const active = await activeRecordings(jvm, attacher);
  if (active.length > 0 && !wish.beside) throw recordsAlready(jvm, active);
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await openRoom(jvm, dir, wish, "SIDECAR_JVM_DUMP_DIR"));
  // Before the JVM has recorded anything, it does not say where it will.
  await (await openRepository(jvm, await temporaryFolder(jvm, attacher), wish))[Symbol.asyncDispose]();
  const name = recordingName(id);
  const { settings, durationSeconds, maxBytes } = wish;
  const path = `${dir.replace(/\/$/, "")}/${nameInApp}`;
  try {
    const seconds = durationSeconds + LATER_SECONDS;
    await startRecording(jvm, attacher, { name, path, settings, durationSeconds: seconds, maxBytes });
    const where = (await repositoryOf(jvm, attacher)) ?? dir;
    const room = await openRepository(jvm, where, wish);
    opened.move();
    const write = async () => {
      await using repository = room;
      return await seeThrough(file, { attacher, folder, repository });
    };
    return { folder, log, write };
  } catch (error) {
    await stopRecording(jvm, attacher, name).catch(() => undefined);
    await folder.remove(nameInApp);
    throw error;
  }
}

function checkDir(dir: string): void {
  if (!NOT_IN_COMMANDS.test(dir)) return;
  throw new AppError("conflict", `A JVM can't be told to record into the folder ${JSON.stringify(dir)}.`, {
    remedy: "SIDECAR_JVM_DUMP_DIR=<a folder of the app without quotes, backslashes and percent signs>",
  });
}

function refuseSecond(jvm: Jvm, others: readonly JvmFile<RecordingWish>[]): void {
  const running = others.find(
    ({ jvm: { stat, startTime } }) => stat.pid === jvm.stat.pid && startTime === jvm.startTime,
  );
  if (running === undefined) return;
  throw new AppError("conflict", `JVM ${jvm.stat.pid} is at recording ${running.id}.`, {
    remedy: `GET recordings/${running.id} says how it is doing; DELETE stops it.`,
  });
}

function recordsAlready({ stat: { pid } }: Jvm, active: readonly string[]): AppError {
  return new AppError("conflict", `JVM ${pid} runs a recording already: ${active.join("; ")}.`, {
    remedy:
      '{"beside": true} begins another one beside it; jcmd <pid> JFR.stop name=<name> ends one that nobody needs',
  });
}

async function temporaryFolder(jvm: Jvm, attacher: Attacher): Promise<string> {
  const properties = parseProperties(await attacher.ask(jvm, "properties"), true);
  return properties.find(({ name }) => name === "java.io.tmpdir")?.value ?? "/tmp";
}

function openRepository(jvm: Jvm, path: string, wish: RecordingWish): Promise<AppFolder> {
  return openRoom(jvm, path, wish, "The app's java with -Djava.io.tmpdir");
}

/** Twice: what the JVM has recorded is there until its file is whole. */
function openRoom({ stat: { pid } }: Jvm, path: string, { maxBytes }: RecordingWish, remedy: string) {
  const bytes = 2 * (maxBytes + CHUNKS_BYTES);
  return openAppFolder(pid, path, { what: "recording", bytes, remedy });
}
