import { stat, statfs } from "node:fs/promises";
import { messageOf } from "../base/errors.ts";
import { type Obstacle, whyNotInto } from "./look-into.ts";
import { type Mount, parseMountInfo } from "./mount-info.ts";
import { readIfThere } from "./proc.ts";

/** A file system that a process has mounted, and what is left of it. */
export interface FileSystemFigures {
  readonly device: string;
  readonly type: string;
  /** As the process sees the paths; the shortest first, at most {@link MAX_MOUNT_POINTS}. */
  readonly mountPoints: readonly string[];
  readonly isReadOnly: boolean;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
  /** For who is not root. */
  readonly availableBytes: number | null;
  /** How full it is for who is not root, as df(1) counts: 1 is full. */
  readonly usedRatio: number | null;
  /** Null where it has no fixed number of them. */
  readonly inodes: number | null;
  readonly freeInodes: number | null;
  /** Why its figures are null. */
  readonly reason: string | null;
}

/** The file systems of one process. */
export interface FileSystems {
  readonly list: readonly FileSystemFigures[];
  /** How many more there were. */
  readonly left: number;
}

const MAX_FILE_SYSTEMS = 64;
const MAX_MOUNT_POINTS = 16;

/** What has no room of its own that could run out. */
const PSEUDO = new Set(
  "proc sysfs cgroup cgroup2 devpts devtmpfs mqueue securityfs debugfs tracefs configfs fusectl pstore bpf efivarfs nsfs binfmt_misc rpc_pipefs hugetlbfs selinuxfs autofs".split(
    " ",
  ),
);

/** Whose server may be away: statfs(2) would then hold one of our few file threads for ever. */
const REMOTE = /^(?:nfs|cifs|smb|9p|ceph|gluster|lustre|afs|ncpfs|orangefs|virtiofs|fuse)/;

/**
 * The real file systems that a process has mounted, each once, asked through `/proc/<pid>/root`.
 * @returns why not, where its root can't be looked into.
 */
export async function readFileSystems(pid: number): Promise<FileSystems | Obstacle> {
  const obstacle = await whyNotInto(pid);
  if (obstacle !== undefined) return obstacle;
  const text = await readIfThere(`/proc/${pid}/mountinfo`);
  if (text === undefined) return { reason: "the process has ended", remedy: null };
  const groups = groupMounts(parseMountInfo(text));
  const list: FileSystemFigures[] = [];
  for (const mounts of groups.slice(0, MAX_FILE_SYSTEMS)) {
    const figures = await figuresOf(pid, mounts);
    if (figures !== undefined) list.push(figures);
  }
  return { list, left: Math.max(0, groups.length - MAX_FILE_SYSTEMS) };
}

/** The mounts that matter, those of one file system together, the shortest path first. */
export function groupMounts(mounts: readonly Mount[]): readonly (readonly [Mount, ...Mount[]])[] {
  const groups = new Map<string, [Mount, ...Mount[]]>();
  const real = mounts.filter(
    ({ type, mountPoint }) =>
      !PSEUDO.has(type) &&
      !/^\/(?:proc|sys)(?:\/|$)/.test(mountPoint) &&
      // What engines mount over a container's /dev is no place for anyone's files; its /dev/shm is.
      (!/^\/dev(?:\/|$)/.test(mountPoint) || mountPoint === "/dev/shm"),
  );
  for (const mount of real.toSorted((a, b) => a.mountPoint.length - b.mountPoint.length)) {
    const group = groups.get(mount.device);
    if (group === undefined) groups.set(mount.device, [mount]);
    else group.push(mount);
  }
  return [...groups.values()];
}

async function figuresOf(
  pid: number,
  mounts: readonly [Mount, ...Mount[]],
): Promise<FileSystemFigures | undefined> {
  const [first] = mounts;
  const known = {
    ...{ device: first.device, type: first.type },
    mountPoints: [...new Set(mounts.map(({ mountPoint }) => mountPoint))].slice(0, MAX_MOUNT_POINTS),
    isReadOnly: mounts.every(({ options, superOptions }) => [...options, ...superOptions].includes("ro")),
  };
  if (REMOTE.test(first.type)) {
    return { ...known, ...NOTHING, reason: `${first.type}: not asked, since its server may be away` };
  }
  try {
    return { ...known, ...(await spaceOf(`/proc/${pid}/root${first.mountPoint}`)), reason: null };
  } catch (error) {
    // It was unmounted meanwhile, or something else lies over it.
    return { ...known, ...NOTHING, reason: messageOf(error) };
  }
}

const NOTHING = {
  ...{ totalBytes: null, usedBytes: null, availableBytes: null },
  ...{ usedRatio: null, inodes: null, freeInodes: null },
} as const;

async function spaceOf(path: string) {
  // Follows an automount, which statfs(2) alone does not.
  await stat(path);
  const { blocks, bfree, bavail, bsize, files, ffree } = await statfs(path);
  const used = blocks - bfree;
  return {
    totalBytes: blocks * bsize,
    usedBytes: used * bsize,
    availableBytes: bavail * bsize,
    usedRatio: used + bavail > 0 ? Math.round((used / (used + bavail)) * 10_000) / 10_000 : null,
    inodes: files > 0 ? files : null,
    freeInodes: files > 0 ? ffree : null,
  };
}
