import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Holding processes to a share of a CPU core each, by cgroups (version 1 or 2; root only). */

const V1 = "/sys/fs/cgroup/cpu";
const V2 = "/sys/fs/cgroup";
/** Short, so that a process that is held up does not stand still for long. */
const PERIOD_US = 10_000;

/**
 * Holds a process, with all its threads, to so much of one core. Disposed of when it has ended.
 * @throws the system error where that may not be done here.
 */
export async function holdToShare(pid: number, share: number): Promise<AsyncDisposable> {
  const isV1 = existsSync(join(V1, "cpu.cfs_quota_us"));
  const group = join(isV1 ? V1 : V2, `tickbird-bench-${pid}`);
  if (!isV1) await writeFile(join(V2, "cgroup.subtree_control"), "+cpu");
  await mkdir(group);
  const quotaUs = String(Math.round(PERIOD_US * share));
  if (isV1) {
    await writeFile(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
    await writeFile(join(group, "cpu.cfs_quota_us"), quotaUs);
  } else {
    await writeFile(join(group, "cpu.max"), `${quotaUs} ${PERIOD_US}`);
  }
  await writeFile(join(group, "cgroup.procs"), String(pid));
  return { [Symbol.asyncDispose]: () => rmdir(group) };
}
