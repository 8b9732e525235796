import { stat } from "node:fs/promises";
import { type Obstacle, whyNotInto } from "../look-into.ts";
import { type Mount, parseMountInfo } from "../mount-info.ts";
import { readIfThere } from "../proc.ts";
import { type Membership, parseMemberships, pathBelow } from "./membership.ts";

/** Finding the folders of a process's cgroup, without a mount of the host's. */

/** What is read of a cgroup. Version 2 has all of it in one place. */
export const CONTROLLERS = ["cpu", "cpuacct", "memory", "pids", "blkio", "pressure"] as const;
/** One of them; `pressure` is there in version 2 only. */
export type Controller = (typeof CONTROLLERS)[number];

/** Where the files of one controller are. */
export interface Place {
  readonly version: 1 | 2;
  /** The cgroup's own folder first, then those of its ancestors, as far as they can be seen. */
  readonly folders: readonly [string, ...string[]];
}

/** A process's cgroup, as far as it can be seen. */
export interface Cgroup {
  readonly version: "v1" | "v2" | "hybrid";
  /** Relative to the sidecar's own cgroup namespace. */
  readonly path: string;
  readonly places: ReadonlyMap<Controller, Place>;
  /** Whose mounts show it; the sidecar's own where the core's can't be looked at. */
  readonly seenThrough: "core" | "sidecar" | null;
  /** Why a controller has no place. */
  readonly obstacle: Obstacle;
}

interface View {
  readonly whose: "core" | "sidecar";
  /** What leads to the root of its mounts. */
  readonly root: string;
  readonly mounts: readonly Mount[];
}

const NOT_MOUNTED: Obstacle = {
  reason: "no file system of cgroups that shows the app's own is mounted in its container",
  remedy: "Mount it into the app's container: -v /sys/fs/cgroup:/sys/fs/cgroup:ro",
};

/**
 * Finds the cgroup of a process: through the mounts in its own root (`/proc/<pid>/root/sys/fs/cgroup`), which show its
 * own cgroup even where a cgroup namespace hides it from us (cgroup_namespaces(7)); else through ours.
 * Undefined where the process has ended.
 */
export async function locateCgroup(pid: number): Promise<Cgroup | undefined> {
  const [memberships, theirMounts, ourMounts] = await Promise.all(
    [`/proc/${pid}/cgroup`, `/proc/${pid}/mountinfo`, "/proc/self/mountinfo"].map(readIfThere),
  );
  if (memberships === undefined || memberships === "" || theirMounts === undefined) return undefined;
  const obstacle = await whyNotInto(pid);
  const theirs: View = { whose: "core", root: `/proc/${pid}/root`, mounts: parseMountInfo(theirMounts) };
  const ours: View = { whose: "sidecar", root: "", mounts: parseMountInfo(ourMounts ?? "") };
  return findPlaces(
    parseMemberships(memberships),
    obstacle === undefined ? [theirs, ours] : [ours],
    obstacle ?? NOT_MOUNTED,
  );
}

async function findPlaces(
  memberships: readonly Membership[],
  views: readonly View[],
  obstacle: Obstacle,
): Promise<Cgroup> {
  const places = new Map<Controller, Place>();
  const unified = memberships.find(({ hierarchy }) => hierarchy === 0);
  const legacy = memberships.filter(({ hierarchy }) => hierarchy !== 0);
  let seenThrough: Cgroup["seenThrough"] = null;
  const inVersion1 = new Set(legacy.flatMap(({ controllers }) => controllers));
  const unifiedPlace = await findPlace(unified, views);
  for (const controller of CONTROLLERS) {
    const membership = legacy.find(({ controllers }) => controllers.includes(controller));
    const found = inVersion1.has(controller) ? await findPlace(membership, views) : unifiedPlace;
    if (found === undefined) continue;
    places.set(controller, found.place);
    seenThrough ??= found.whose;
  }
  const hasLegacy = CONTROLLERS.some((controller) => inVersion1.has(controller));
  const main = legacy.find(({ controllers }) => controllers.includes("memory")) ?? unified ?? legacy[0];
  return {
    version: hasLegacy ? (unifiedPlace === undefined ? "v1" : "hybrid") : "v2",
    path: main?.path ?? "/",
    ...{ places, seenThrough, obstacle },
  };
}

async function findPlace(
  membership: Membership | undefined,
  views: readonly View[],
): Promise<{ place: Place; whose: View["whose"] } | undefined> {
  if (membership === undefined) return undefined;
  for (const { root, mounts, whose } of views) {
    for (const mount of mounts.filter((each) => shows(each, membership))) {
      const below = pathBelow(mount.root, membership.path);
      if (below === undefined) continue;
      const folders = foldersOf(`${root}${mount.mountPoint}`, below);
      // Something else may be mounted over it, or a link may lead out of the core's root: the device says.
      if (await isOn(folders[0], mount.device)) {
        return { place: { version: membership.hierarchy === 0 ? 2 : 1, folders }, whose };
      }
    }
  }
  return undefined;
}

function shows({ type, superOptions }: Mount, { hierarchy, controllers }: Membership): boolean {
  return hierarchy === 0
    ? type === "cgroup2"
    : type === "cgroup" && controllers.every((controller) => superOptions.includes(controller));
}

function foldersOf(mountFolder: string, below: string): [string, ...string[]] {
  const names = below.split("/").filter((name) => name !== "");
  const ancestors = names.map((_, index) => [mountFolder, ...names.slice(0, index)].join("/"));
  return [[mountFolder, ...names].join("/"), ...ancestors.toReversed()];
}

async function isOn(folder: string, device: string): Promise<boolean> {
  try {
    return deviceText((await stat(folder)).dev) === device;
  } catch {
    return false;
  }
}

/** A device number as mountinfo writes it (makedev(3)). */
function deviceText(dev: number): string {
  const number = BigInt(dev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}
