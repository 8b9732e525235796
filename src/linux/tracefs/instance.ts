import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rmdir,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../../base/errors.ts";
import { TRACEPOINTS, type TracepointKind } from "./kernel-records.ts";
import { refusedByKernel } from "./tracefs-mount.ts";

/** A trace buffer of our own in the kernel (kernel: trace/ftrace.rst, "Instances"), beside whatever else is traced. */
export interface TraceInstance extends AsyncDisposable {
  readonly path: string;
  /** Writes to a file of the instance. */
  set(file: string, text: string): Promise<void>;
  /** Begins or ends the recording of a tracepoint. */
  enable(kind: TracepointKind, isEnabled?: boolean): Promise<void>;
  /** Adds threads, by the host's numbers, to those that are recorded. */
  follow(hostTids: readonly number[]): Promise<void>;
  /** Events that were overwritten or dropped before they could be read, and those that still wait, of all CPUs. */
  counts(): Promise<{ readonly lost: number; readonly waiting: number }>;
}

/** The paths of those of this process, by their names. */
const inUse = new Map<string, string>();
let isWatchingExit = false;
const PREFIX = "tickbird-";
const MAX_ATTEMPTS = 3;
const INSTANCES = "instances";

/**
 * Makes an instance that records nothing yet, with times of CLOCK_MONOTONIC. Undisposed it would cost every system
 * call of the host some time for ever: its events are ended at our exit too, and where we are killed, the kernel ends its
 * recording and gives its memory back (`disable_on_free`); what is left of it then, {@link removeLeftovers} removes.
 * @throws {AppError} saying what keeps us from it, with the remedy.
 */
export async function openInstance(
  dir: string,
  options: { readonly bufferKb: number },
): Promise<TraceInstance> {
  const name = `${PREFIX}${process.pid}-${randomBytes(6).toString("hex")}`;
  const path = join(dir, INSTANCES, name);
  await using stack = new AsyncDisposableStack();
  const set = (file: string, text: string) => writeFile(join(path, file), text);
  try {
    quietenAtExit();
    inUse.set(name, path);
    stack.defer(() => void inUse.delete(name));
    const guard = await makeGuarded(path);
    stack.defer(() => remove(path));
    stack.defer(() => guard.close());
    stack.defer(() => quieten(path));
    await set("options/disable_on_free", "1");
    await set("trace_clock", "mono");
    await set("buffer_size_kb", String(options.bufferKb));
  } catch (error) {
    throw refusedByKernel(dir, error);
  }
  const owned = stack.move();
  return {
    ...{ path, set },
    enable: (kind, isEnabled = true) => set(`events/${TRACEPOINTS[kind]}/enable`, isEnabled ? "1" : "0"),
    // Opened for appending: else those that are there already would be forgotten.
    follow: (hostTids) => appendFile(join(path, "set_event_pid"), hostTids.join(" ")),
    counts: () => countsOf(path),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Removes what sidecars that were killed have left in a tracefs; gives how many there were. Those of others that live
 * can't be removed: the kernel holds them while their files are open.
 */
export async function removeLeftovers(dir: string): Promise<number> {
  const names = await readdir(join(dir, INSTANCES)).catch(() => []);
  const left = names.filter((name) => name.startsWith(PREFIX) && !inUse.has(name));
  const removed = await Promise.all(
    left.map(async (name) => {
      try {
        await rmdir(join(dir, INSTANCES, name));
        return 1;
      } catch (error) {
        if (isErrno(error, "EBUSY", "ENOENT", "EROFS", "EACCES", "EPERM")) return 0;
        throw error;
      }
    }),
  );
  return removed.filter((count) => count === 1).length;
}

/** Makes an instance. While the file is open the instance is in use, and no other sidecar takes it for a leftover. */
async function makeGuarded(path: string): Promise<FileHandle> {
  for (let attempt = 1; ; attempt += 1) {
    await mkdir(path, { mode: 0o700 });
    try {
      return await open(join(path, "free_buffer"), "w");
    } catch (error) {
      // Between the two calls one that starts just now took it for a leftover.
      if (attempt >= MAX_ATTEMPTS || !isErrno(error, "ENOENT")) throw error;
    }
  }
}

/** At the exit of the process nothing can be waited for, and an instance can't be removed while its files are open. */
function quietenAtExit(): void {
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.once("exit", () => {
    for (const path of inUse.values()) quietenSync(path);
  });
}

function quietenSync(path: string): void {
  try {
    writeFileSync(join(path, "events/enable"), "0");
  } catch {
    // The kernel ends its recording when it closes our files.
  }
}

async function quieten(path: string): Promise<void> {
  await writeFile(join(path, "events/enable"), "0");
}

async function remove(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    // Somebody looks into it, as root of the host may: it is quiet, and the next start removes it.
    if (!isErrno(error, "ENOENT", "EBUSY")) throw error;
  }
}

async function countsOf(path: string): Promise<{ lost: number; waiting: number }> {
  const cpus = await readdir(join(path, "per_cpu"));
  const texts = await Promise.all(cpus.map((cpu) => readFile(join(path, "per_cpu", cpu, "stats"), "utf8")));
  const sum = (name: string) =>
    texts.reduce(
      (total, text) => total + Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1] ?? 0),
      0,
    );
  return { lost: sum("overrun") + sum("commit overrun") + sum("dropped events"), waiting: sum("entries") };
}
