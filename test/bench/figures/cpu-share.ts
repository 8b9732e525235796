import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A machine with slower cores: processes that are held to a share of a core each, by cgroups (version 1 or 2; root only). */

const V1 = "/sys/fs/cgroup/cpu";
const V2 = "/sys/fs/cgroup";
/** Short, so that a process that is held up does not stand still for long. */
const PERIOD_US = 10_000;

/** Who is to be held. */
export interface Held {
  /** Each to its share, with all its threads. */
  readonly carriers: readonly number[];
  /** Who takes of the shares of the others. */
  readonly helpers: readonly number[];
}

/**
 * Holds each carrier to so much of a core, and all processes together to as much as the carriers may have. Disposed of
 * when they have ended.
 * @throws the system error where that may not be done here.
 */
export async function holdToShare({ carriers, helpers }: Held, share: number): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const isV1 = existsSync(join(V1, "cpu.cfs_quota_us"));
  const makeGroup = async (path: string) => {
    await mkdir(path);
    stack.defer(() => rmdir(path));
  };
  const whole = join(isV1 ? V1 : V2, `tickbird-bench-${process.pid}`);
  if (!isV1) await writeFile(join(V2, "cgroup.subtree_control"), "+cpu");
  await makeGroup(whole);
  if (!isV1) await writeFile(join(whole, "cgroup.subtree_control"), "+cpu");
  await limit(whole, share * carriers.length, isV1);
  for (const pid of [...carriers, ...helpers]) {
    const own = join(whole, String(pid));
    await makeGroup(own);
    if (carriers.includes(pid)) await limit(own, share, isV1);
    await writeFile(join(own, "cgroup.procs"), String(pid));
  }
  const owned = stack.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Before all others: on a busy machine it would get less than its share, and it would not be the quota that holds it. */
const MOST_SHARES = { v1: "262144", v2: "10000" };

async function limit(group: string, cores: number, isV1: boolean): Promise<void> {
  const quotaUs = String(Math.round(PERIOD_US * cores));
  await writeFile(join(group, isV1 ? "cpu.shares" : "cpu.weight"), isV1 ? MOST_SHARES.v1 : MOST_SHARES.v2);
  if (!isV1) {
    await writeFile(join(group, "cpu.max"), `${quotaUs} ${PERIOD_US}`);
    return;
  }
  await writeFile(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
  await writeFile(join(group, "cpu.cfs_quota_us"), quotaUs);
}
