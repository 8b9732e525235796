import { type FileHandle, lstat, opendir, unlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { openFolderInRoot } from "../../../linux/open-in-root.ts";
import { ownStatus } from "../../../linux/privileges.ts";
import { readStat, readStatus } from "../../../linux/proc.ts";
import { isZombie } from "../../../linux/proc-stat.ts";
import type { Logger } from "../../../web/log.ts";
import type { Jvm, JvmFinder } from "../jvm-finder.ts";
import { type FileName, readFileName } from "./file-name.ts";

/** What it takes to remove what sidecars before this one have left in the app. */
export interface LeftFilesParts {
  readonly finder: JvmFinder;
  /** The folders, as the app sees them. */
  readonly dirs: readonly string[];
  /** Ends the recording of a file in a JVM; undefined where the settings do not allow that. */
  readonly stopRecording: ((jvm: Jvm, fileId: string) => Promise<unknown>) | undefined;
  readonly log: Logger;
}

interface Left {
  readonly path: string;
  readonly name: FileName;
  /** Whether the JVM has yet to write it: a recording that goes on. */
  readonly isUnwritten: boolean;
}

const RETRY_MS = 10_000;
const MAX_ENTRIES = 100_000;
/** No recording goes on for longer; the JVM ends each by itself. */
const LONGEST_MS = 2 * 3_600_000;

/**
 * Removes the heap dumps and recordings that sidecars before this one had JVMs write, and that they left because they
 * were killed; looks again until the app is there, and nothing is left. Ends with `signal`.
 */
export async function removeLeftFiles(parts: LeftFilesParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (await removeOnce(parts)) return;
    } catch (error) {
      parts.log.debug({ err: error }, "what is left in the app could not be looked for");
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether the app was there, and nothing is left. */
async function removeOnce({ finder, dirs, stopRecording, log }: LeftFilesParts): Promise<boolean> {
  const { core, jvms } = await finder.list();
  if (core.kind === "missing") return false;
  const pids = [...new Set([core.pid, ...jvms.map(({ stat }) => stat.pid)])];
  const owners = await ownersOf(pids);
  let isDone = true;
  for (const pid of pids) {
    const writers = jvms.filter(({ stat }) => stat.pid === pid);
    for (const dir of new Set(dirs)) {
      await using folder = await openFolderInRoot(pid, dir).catch(() => undefined);
      if (folder === undefined) continue;
      for (const left of await leftIn(folder, owners)) {
        const isOver = await isRecordingOver(left, writers, stopRecording);
        isDone &&= isOver;
        if (!isOver) continue;
        await unlink(left.path);
        log.info(
          { pid, dir, fileId: left.name.id },
          "a file was removed that a sidecar before this one left",
        );
      }
    }
  }
  return isDone;
}

/** The users whose files may be ours: those of the app, whose JVMs write them. */
async function ownersOf(pids: readonly number[]): Promise<ReadonlySet<number>> {
  const statuses = await Promise.all([ownStatus(), ...pids.map(readStatus)]);
  return new Set(statuses.flatMap((status) => (status === undefined ? [] : [status.uids.effective])));
}

/** By name and owner; no link is followed, and what a living sidecar is at is left alone. */
async function leftIn(folder: FileHandle, owners: ReadonlySet<number>): Promise<Left[]> {
  const here = `/proc/self/fd/${folder.fd}`;
  const found: Left[] = [];
  let entries = 0;
  for await (const entry of await opendir(here)) {
    entries += 1;
    if (entries > MAX_ENTRIES) break;
    const name = readFileName(entry.name);
    if (name === undefined || (await isAlive(name))) continue;
    const path = `${here}/${entry.name}`;
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || !stats.isFile() || !owners.has(stats.uid)) continue;
    const isYoung = Date.now() - stats.mtimeMs < LONGEST_MS;
    found.push({ path, name, isUnwritten: name.ending === "jfr" && stats.size === 0 && isYoung });
  }
  return found;
}

async function isAlive({ pid, startTicks }: FileName): Promise<boolean> {
  const stat = await readStat(pid);
  return stat !== undefined && stat.startTicks === startTicks && !isZombie(stat);
}

/** Whether a file can go: a JVM would not end a recording for good whose file has gone before. */
async function isRecordingOver(
  { name, isUnwritten }: Left,
  jvms: readonly Jvm[],
  stop: LeftFilesParts["stopRecording"],
): Promise<boolean> {
  if (!isUnwritten) return true;
  if (stop === undefined) return false;
  const outcomes = await Promise.allSettled(jvms.map((jvm) => stop(jvm, name.id)));
  return outcomes.every(({ status }) => status === "fulfilled");
}
