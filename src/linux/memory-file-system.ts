/** TMPFS_MAGIC and RAMFS_MAGIC of statfs(2). */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

/** Whether the files of a file system are in memory, so that no disk is waited for. Takes what statfs(2) tells of it. */
export function isInMemory({ type }: { readonly type: number }): boolean {
  return IN_MEMORY.has(type);
}
