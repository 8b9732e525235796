import { cpus } from "node:os";
import { runH2load } from "../load/h2load.ts";
import { startSidecar } from "../peers/sidecar.ts";
import { CLIENTS } from "../scenarios/scenario.ts";
import { median } from "../statistics.ts";
import { number } from "../table.ts";
import { cpuUs, treeOf } from "../usage.ts";
import { holdToShare } from "./cpu-share.ts";
import type { Figure, FigureParts, FigureRow } from "./figure.ts";

/** How many processes, the second against the first. */
const COUNTS = [1, 2] as const;
const FULL = { rounds: 3, seconds: 3 };
const QUICK = { rounds: 1, seconds: 1 };
/** For each process: the compiler of code has seen enough of it then. */
const WARM_UP_REQUESTS = 10_000;
/** They tell how many requests are to be measured. */
const PROBE_REQUESTS = 3_000;
const MAX_REQUESTS = 200_000;
/** So little that neither the client nor the app nor the machine is what holds two processes up. */
const SHARE = 0.3;

/** One measurement. */
interface Run {
  readonly perSecond: number;
  /** CPU cores that the sidecar kept busy, all its processes together. */
  readonly cores: number;
  readonly cpuUsPerRequest: number;
  /** The same of everything on the machine: the client and the app too. */
  readonly busyCores: number;
}

/**
 * What a second process brings (`cluster`). The client and the app share the machine with the sidecar, so on few cores
 * it can't bring all it could. Where cgroups allow it, a second row makes the sidecar's cores so small that enough is
 * left for the others: each process that carries traffic may have one of them, and all together, with the one that
 * watches over them, may have no more.
 */
export const processes: Figure = {
  name: "processes",
  async measure(parts) {
    const rows = [row(`Requests/s, ${COUNTS.join(" → ")} processes`, await compare(parts, undefined))];
    const what = `The same with cores of ${SHARE}`;
    try {
      rows.push(row(what, await compare(parts, SHARE)));
    } catch (error) {
      rows.push({ what, value: "not measured", how: `cgroups can't be used here: ${String(error)}` });
    }
    return rows;
  },
};

function row(what: string, [one = [], two = []]: readonly Run[][]): FigureRow {
  const both = (digits: number, read: (run: Run) => number) =>
    [one, two].map((runs) => number(median(runs.map(read)), digits)).join(" → ");
  const ratio = median(two.map((run) => run.perSecond)) / median(one.map((run) => run.perSecond));
  return {
    what,
    value: `${both(0, (run) => run.perSecond)} (× ${ratio.toFixed(2)})`,
    how: [
      `1 KiB answers over HTTP/1.1, ${CLIENTS} kept connections, medians of ${one.length}`,
      `cores that the sidecar kept busy: ${both(2, (run) => run.cores)}`,
      `CPU µs/request: ${both(1, (run) => run.cpuUsPerRequest)}`,
      `of the machine's ${cpus().length} cores busy, with the client and the app: ${both(2, (run) => run.busyCores)}`,
    ].join("; "),
  };
}

/** Measures in turn, so that what changes on the machine changes for both. */
async function compare(parts: FigureParts, share: number | undefined): Promise<Run[][]> {
  const { rounds } = parts.isQuick ? QUICK : FULL;
  const runs: Run[][] = COUNTS.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, count] of COUNTS.entries()) runs[index]?.push(await measureOnce(parts, count, share));
  }
  return runs;
}

async function measureOnce(
  { core, certFile, keyFile, makeDir, isQuick }: FigureParts,
  count: number,
  share: number | undefined,
): Promise<Run> {
  const dir = await makeDir();
  // Disposed of after the sidecar: a group can only be removed when nobody is in it.
  await using groups = new AsyncDisposableStack();
  await using sidecar = await startSidecar(
    { corePort: core.port, certFile, keyFile, dir },
    { env: { SIDECAR_CLUSTER: String(count) } },
  );
  const { port, pid } = sidecar;
  const load = { port, path: "/1k", protocol: "http/1.1", streams: 1, connections: CLIENTS } as const;
  await runH2load({ ...load, requests: WARM_UP_REQUESTS * count }, dir);
  if (share !== undefined) {
    const workers = (await treeOf(pid)).filter((one) => one !== pid);
    const held = count === 1 ? { carriers: [pid], helpers: [] } : { carriers: workers, helpers: [pid] };
    groups.use(await holdToShare(held, share));
  }
  const { seconds } = await runH2load({ ...load, requests: PROBE_REQUESTS }, dir);
  const wanted = (PROBE_REQUESTS / seconds) * (isQuick ? QUICK : FULL).seconds;
  const requests = Math.min(MAX_REQUESTS, Math.ceil(wanted));
  const before = { ownUs: await cpuUs(pid), busyMs: busyMs(), atMs: performance.now() };
  const result = await runH2load({ ...load, requests }, dir);
  const ms = performance.now() - before.atMs;
  const usedUs = (await cpuUs(pid)) - before.ownUs;
  return {
    perSecond: requests / result.seconds,
    cores: usedUs / 1e3 / ms,
    cpuUsPerRequest: usedUs / requests,
    busyCores: (busyMs() - before.busyMs) / ms,
  };
}

/** The time that all cores of the machine have been busy since it started. */
function busyMs(): number {
  return cpus()
    .map(({ times }) => times.user + times.nice + times.sys + times.irq)
    .reduce((sum, ms) => sum + ms);
}
