import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeTestCertificate } from "../support/certificate.ts";
import { type Core, startCore } from "./core.ts";
import type { FigureRow } from "./figures/figure.ts";
import { FIGURES } from "./figures/figures.ts";
import { judgeGoals } from "./goals.ts";
import { IDLE, measureIdle } from "./idle.ts";
import { introduction } from "./introduction.ts";
import { describeMachine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Peer } from "./peers/peer.ts";
import { figureTable, goalTable, idleTable, scenarioTable } from "./report.ts";
import { type Contender, type Measurements, measureRounds } from "./rounds.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { choose, isAsked } from "./selection.ts";
import { residentBytes } from "./usage.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How much is measured. */
const FULL = { rounds: 5, share: 1, seconds: 0.8 };
const QUICK = { rounds: 2, share: 0.25, seconds: 0.4 };

/** What a run has brought. */
export interface BenchResult {
  /** As Markdown. */
  readonly report: string;
  /** Whether a peer could not do something that was asked of it. */
  readonly hasFailures: boolean;
}

/** What a run stands in. */
export interface Surroundings {
  /** Owns everything that is started, so that it can be ended from outside too. */
  readonly stack: AsyncDisposableStack;
  /** Says that it was: then nothing more is started. */
  readonly signal: AbortSignal;
  progress(text: string): void;
}

/** What all measurements of one run share. */
interface Run extends Surroundings {
  readonly options: Options;
  readonly peers: readonly Peer[];
  readonly site: { readonly corePort: number; readonly certFile: string; readonly keyFile: string };
  /** Makes an empty folder. */
  makeDir(): Promise<string>;
}

/** Measures what the options name. */
export async function bench(options: Options, around: Surroundings): Promise<BenchResult> {
  const { stack, progress } = around;
  const { scenarios, peers, leftOut } = choose(options);
  for (const what of leftOut) progress(`left out: ${what}`);
  const machine = await describeMachine();
  progress("compiling");
  const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
  await promisify(execFile)(process.execPath, compiler, { cwd: ROOT });
  const makeDir = await prepareFolder(stack);
  const certificate = await writeCertificate(await makeDir());
  const core = stack.use(await startCore(await makeDir()));
  const run: Run = { ...around, options, peers, site: { corePort: core.port, ...certificate }, makeDir };

  const { measurements, resident } = await measureScenarios(run, scenarios);
  const isIdleAsked = isAsked(options, IDLE);
  const { holdings, failures } = isIdleAsked
    ? await measureIdle({ ...run, isQuick: options.isQuick })
    : { holdings: [], failures: [] };
  const figures = await measureFigures(run, core);
  const goals = judgeGoals(measurements.samples);
  const { rounds } = options.isQuick ? QUICK : FULL;
  const report = [
    await introduction({ machine, peers, leftOut, rounds }),
    ...(goals.length === 0 ? [] : [goalTable(goals)]),
    ...scenarios.map((scenario) => scenarioTable(scenario, measurements, resident)),
    ...(isIdleAsked ? [idleTable(holdings, failures)] : []),
    ...(figures.rows.length + figures.failures.length === 0
      ? []
      : [figureTable(figures.rows, figures.failures)]),
  ];
  const failed = [measurements.failures, failures, figures.failures].flat();
  return { report: report.join("\n"), hasFailures: failed.length > 0 };
}

/** Takes the figures that are asked for. */
async function measureFigures(
  { options, site: { certFile, keyFile }, makeDir, signal, progress }: Run,
  core: Core,
): Promise<{ rows: FigureRow[]; failures: { peer: string; reason: string }[] }> {
  const rows: FigureRow[] = [];
  const failures: { peer: string; reason: string }[] = [];
  for (const figure of FIGURES.filter((one) => isAsked(options, one))) {
    progress(`figure: ${figure.name}`);
    try {
      rows.push(...(await figure.measure({ core, certFile, keyFile, makeDir, isQuick: options.isQuick })));
    } catch (error) {
      signal.throwIfAborted();
      failures.push({ peer: figure.name, reason: String(error) });
    }
  }
  return { rows, failures };
}

/** Puts the loads on the peers, and ends those. */
async function measureScenarios(
  { options, peers, site, makeDir, stack: outer, signal, progress }: Run,
  scenarios: readonly Scenario[],
): Promise<{ measurements: Measurements; resident: Map<string, number> }> {
  const resident = new Map<string, number>();
  if (scenarios.length === 0) return { measurements: { samples: [], failures: [] }, resident };
  await using stack = outer.use(new AsyncDisposableStack());
  const contenders: Contender[] = [];
  for (const peer of peers) {
    contenders.push({ peer, running: stack.use(await peer.start({ ...site, dir: await makeDir() })) });
  }
  const extent = options.isQuick ? QUICK : FULL;
  const measurements = await measureRounds({
    ...{ scenarios, contenders, ...extent, signal, progress },
    dir: await makeDir(),
  });
  for (const { peer, running } of contenders) resident.set(peer.name, await residentBytes(running.pid));
  return { measurements, resident };
}

/** One temporary folder for all; gives what makes folders in it. */
async function prepareFolder(stack: AsyncDisposableStack): Promise<() => Promise<string>> {
  const base = await mkdtemp(join(tmpdir(), "tickbird-bench-"));
  stack.defer(() => rm(base, { recursive: true, force: true }));
  // Workers of nginx are another user.
  await chmod(base, 0o755);
  let count = 0;
  return async () => {
    count += 1;
    const dir = join(base, String(count));
    await mkdir(dir);
    return dir;
  };
}

async function writeCertificate(dir: string) {
  const { certPem, keyPem } = await makeTestCertificate();
  const [certFile, keyFile] = [join(dir, "cert.pem"), join(dir, "key.pem")];
  await writeFile(certFile, certPem);
  await writeFile(keyFile, keyPem, { mode: 0o600 });
  return { certFile, keyFile };
}
