import { statfs } from "node:fs/promises";
import { AppError, isErrno } from "../../base/errors.ts";
import { readDescriptors, readNamespace } from "../../linux/proc.ts";
import { readingRemedy } from "../../linux/remedies.ts";
import type { Refusal } from "./denial.ts";
import type { Decode } from "./trace-options.ts";

/** What is not as it should be, and what mends it. */
export interface Shortcoming {
  readonly reason: string;
  readonly remedy: string;
}

/** What the surroundings of a process let strace tell of it, and what they don't. */
export interface Surroundings {
  /** What strace itself can tell of descriptors, of what is wanted. */
  readonly decode: Decode;
  /** What is missing in lines and events, and what mends it. */
  readonly shortcoming: Shortcoming | null;
  /** What is missing in lines only: events have it from the kernel's tables. */
  readonly lineShortcoming: Shortcoming | null;
}

const MIN_FREE_BYTES = 1_048_576;
/** What mends a folder that is full. */
export const MORE_ROOM = 'shm_size: "64m" for the sidecar, or SIDECAR_STRACE_DIR=<a tmpfs with room>';
const BARE_SOCKETS: Shortcoming = {
  reason:
    "Sockets have no addresses in strace's own lines: the sidecar is in another network namespace than the process. Events have them (JSON, NDJSON, summaries).",
  remedy: 'network_mode: "service:core" for the sidecar',
};

/** Looks at what strace will be able to tell of a process. What is missing here does not stop a trace. */
export async function lookAround(pid: number, wanted: Decode): Promise<Surroundings> {
  if (wanted === "none") return { decode: wanted, shortcoming: null, lineShortcoming: null };
  const [ours, theirs, descriptors] = await Promise.all([
    readNamespace("self", "net"),
    readNamespace(pid, "net"),
    readDescriptors(pid),
  ]);
  const isShared = theirs.value !== null && ours.value === theirs.value;
  const shortcoming = descriptors.value === null ? await bareDescriptors(pid) : null;
  const isBare = wanted === "all" && !isShared && shortcoming === null;
  return {
    decode: wanted === "all" && isShared ? "all" : "paths",
    shortcoming,
    lineShortcoming: isBare ? BARE_SOCKETS : null,
  };
}

async function bareDescriptors(pid: number): Promise<Shortcoming> {
  return {
    reason: "File descriptors are bare numbers: the sidecar may not read where they point.",
    remedy: (await readingRemedy(pid)) ?? "GET processes: it has ended",
  };
}

/**
 * Makes sure that the output of a trace has room, and that a trace would not be ended at once for want of it.
 * @throws {AppError} `storage-full`, or `not-supported` where there is no such folder.
 */
export async function requireRoom(dir: string, minFreePercent: number): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(dir).catch((error: unknown) => {
    throw unusable(dir, error);
  });
  // A tmpfs without a limit has no size.
  if (blocks === 0) return;
  const isShort = (bavail / blocks) * 100 < minFreePercent;
  if (!isShort && bavail * bsize >= MIN_FREE_BYTES) return;
  const what = isShort ? `less than ${minFreePercent} % of its room left` : "no room left";
  throw new AppError("storage-full", `${dir}, where strace writes while it runs, has ${what}.`, {
    remedy: MORE_ROOM,
  });
}

/** The error for a folder that can't be used; anything else is given back as it is. */
export function unusable(dir: string, error: unknown): unknown {
  if (!isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "EPERM", "EROFS")) return error;
  return new AppError(
    "not-supported",
    `strace can't write to ${dir} (strace.dir): it is missing or not writable.`,
    {
      remedy: "SIDECAR_STRACE_DIR=<a folder the sidecar may write to, best a tmpfs>",
      cause: error,
      extra: { refusal: "no-folder" satisfies Refusal },
    },
  );
}
