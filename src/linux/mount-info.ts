/** One mount as `/proc/<pid>/mountinfo` tells it (proc_pid_mountinfo(5)). */
export interface Mount {
  /** As `mnt_id` of a descriptor that lies on it (proc_pid_fdinfo(5)). */
  readonly id: string;
  /** `major:minor` of what is mounted, as st_dev has it for most file systems. */
  readonly device: string;
  /** Which folder of the file system is mounted. For cgroups relative to the reader's own cgroup namespace. */
  readonly root: string;
  /** Relative to the root of the process. */
  readonly mountPoint: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** Parses `/proc/<pid>/mountinfo`. Lines that are not understood are left out. */
export function parseMountInfo(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.split(" ");
    // Any number of optional fields stands before the separator.
    const separator = fields.indexOf("-", 6);
    const [id = "", , device, root, mountPoint, options] = fields;
    const [type, source, superOptions] = separator === -1 ? [] : fields.slice(separator + 1);
    if (mountPoint === undefined || device === undefined || root === undefined || type === undefined)
      return [];
    return [
      {
        ...{ id, device, type },
        root: unescapeOctal(root),
        mountPoint: unescapeOctal(mountPoint),
        options: options?.split(",") ?? [],
        source: unescapeOctal(source ?? ""),
        superOptions: superOptions?.split(",") ?? [],
      },
    ];
  });
}

/** Blanks, tabs, newlines and backslashes are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
