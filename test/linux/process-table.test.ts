import { expect, test } from "vitest";
import { adopt } from "../../src/linux/adopted.ts";
import type { ProcStat } from "../../src/linux/proc-stat.ts";
import {
  ancestorsOf,
  childrenOf,
  descendantsOf,
  ownPids,
  readProcessTable,
  topmost,
} from "../../src/linux/process-table.ts";

const tableOf = (...rows: readonly [pid: number, parentPid: number, startTicks: number][]) =>
  new Map(
    rows.map(([pid, parentPid, startTicks]): [number, ProcStat] => [
      pid,
      {
        ...{ pid, parentPid, startTicks, comm: `p${pid}`, stateLetter: "S" },
        ...{
          userTicks: 0,
          systemTicks: 0,
          threads: 1,
          isKernelThread: false,
          ...{ minorFaults: 0, majorFaults: 0, nice: 0, lastCpu: 0 },
        },
      },
    ]),
  );

const pids = (stats: readonly ProcStat[]) => stats.map(({ pid }) => pid);
const TABLE = tableOf([1, 0, 1], [10, 1, 5], [11, 10, 9], [12, 10, 7], [13, 12, 8], [20, 0, 6]);

test("ancestors, children and descendants come in order", () => {
  expect(pids(ancestorsOf(TABLE, 13))).toEqual([12, 10, 1]);
  expect(pids(childrenOf(TABLE, 10))).toEqual([12, 11]);
  expect(pids(descendantsOf(TABLE, 1))).toEqual([10, 12, 11, 13]);
  expect(pids(descendantsOf(TABLE, 99))).toEqual([]);
});

test("the topmost of some processes are those below none of the others, oldest first", () => {
  const some = [13, 12, 20, 11].flatMap((pid) => TABLE.get(pid) ?? []);
  expect(pids(topmost(TABLE, some))).toEqual([20, 12, 11]);
});

test("an adopted process counts as the sidecar's own, with those below it, until it is given up", () => {
  const own = () => pids([...TABLE.values()].filter(({ pid }) => ownPids(TABLE).has(pid)));
  expect(own()).toEqual([]);
  {
    using _ = adopt(12);
    expect(own()).toEqual([12, 13]);
  }
  expect(own()).toEqual([]);
});

test("a ring of parents, as reused pids can make one, is walked once", () => {
  const ring = tableOf([5, 6, 1], [6, 5, 2]);
  expect(pids(ancestorsOf(ring, 5))).toEqual([6]);
  expect(pids(descendantsOf(ring, 5))).toEqual([6]);
});

test("our own ancestors lead from our parent to the top of the namespace", async () => {
  const chain = ancestorsOf(await readProcessTable(), process.pid);
  expect(chain[0]?.pid).toBe(process.ppid);
  expect(chain.at(-1)?.parentPid).toBe(0);
});
