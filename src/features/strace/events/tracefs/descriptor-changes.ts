import type { KernelRecord } from "../../../../linux/tracefs/kernel-records.ts";
import type { Syscall } from "../../../../linux/tracefs/syscalls.ts";
import type { CallParts } from "./call-events.ts";
import type { DescriptorTargets } from "./descriptor-targets.ts";
import type { TracedThread } from "./thread-table.ts";

/** What calls change of the descriptors of their process. */

/** Tells of a change that a record of a call stands for, before the records that come earlier are handed on. */
export function announceChanges(
  record: KernelRecord,
  { pid }: TracedThread,
  syscall: Syscall | undefined,
  targets: DescriptorTargets,
): void {
  if (pid === null || syscall === undefined) return;
  if (record.kind === "enter" && syscall.name === "close") targets.announce(pid, (record.words[0] ?? 0) | 0);
  if (record.kind === "return" && syscall.result === "descriptor" && record.low >= 0)
    targets.announce(pid, record.low);
}

/** The change that a call has made. */
export function applyChanges(parts: CallParts, targets: DescriptorTargets): void {
  const { thread, syscall, enter, leave } = parts;
  if (thread.pid === null) return;
  if (syscall.result === "descriptor") {
    if (leave.low >= 0) targets.apply(thread.pid, leave.low);
  } else if (syscall.name === "close") {
    if (enter === undefined) targets.forget(thread.pid);
    else targets.apply(thread.pid, (enter.words[0] ?? 0) | 0);
  } else if (syscall.name === "close_range") targets.forget(thread.pid);
  else if (syscall.name === "chdir" || syscall.name === "fchdir") targets.leaveFolder(thread.pid);
}
