/** One line of `/proc/<pid>/cgroup`: where a process is in one hierarchy (cgroups(7)). */
export interface Membership {
  /** 0 is the hierarchy of version 2, the unified one. */
  readonly hierarchy: number;
  /** Empty for version 2; `name=…` for a hierarchy of version 1 without controllers. */
  readonly controllers: readonly string[];
  /** Relative to the reader's own cgroup namespace: `/../…` where it lies outside of it. */
  readonly path: string;
}

/** Parses `/proc/<pid>/cgroup`. */
export function parseMemberships(text: string): Membership[] {
  return text.split("\n").flatMap((line) => {
    // A path may hold colons, so only the first two separate.
    const [, hierarchy, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (hierarchy === undefined || controllers === undefined || path === undefined) return [];
    return [
      {
        hierarchy: Number(hierarchy),
        controllers: controllers === "" ? [] : controllers.split(","),
        // A cgroup that was removed while the process had ended already.
        path: path.replace(/ \(deleted\)$/, ""),
      },
    ];
  });
}

/**
 * Where a cgroup lies below what is mounted: `/` for the mount itself. Undefined where it lies outside.
 * Both paths are as the same reader sees them.
 */
export function pathBelow(mountRoot: string, path: string): string | undefined {
  if (mountRoot === "/") return path.startsWith("/..") ? undefined : path;
  if (path === mountRoot) return "/";
  // From a root that is only dots, the way down needs the names of our own ancestors, which a namespace hides.
  return path.startsWith(`${mountRoot}/`) && !path.startsWith(`${mountRoot}/..`)
    ? path.slice(mountRoot.length)
    : undefined;
}
