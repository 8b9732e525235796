import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeTestCertificate } from "../support/certificate.ts";
import { startCore } from "./core.ts";
import type { FigureRow } from "./figures/figure.ts";
import { FIGURES } from "./figures/figures.ts";
import { describeMachine } from "./machine.ts";
import type { Options } from "./options.ts";
import { PEERS } from "./peers/peers.ts";
import { figureTable, scenarioTable } from "./report.ts";
import { type Contender, measureRounds } from "./rounds.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";
import { residentBytes } from "./usage.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How much is measured. */
const FULL = { rounds: 5, share: 1 };
const QUICK = { rounds: 2, share: 0.25 };

/**
 * Measures what the options name, and gives the report as Markdown.
 * @param stack owns everything that is started, so that it can be ended from outside too.
 */
export async function bench(
  { isQuick, names }: Options,
  stack: AsyncDisposableStack,
  progress: (text: string) => void,
): Promise<string> {
  const isAsked = ({ name }: { name: string }) => names.length === 0 || names.includes(name);
  const machine = await describeMachine();
  progress("compiling");
  await promisify(execFile)(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"],
    {
      cwd: ROOT,
    },
  );
  const makeDir = await prepareFolder(stack);
  const { certFile, keyFile } = await writeCertificate(await makeDir());
  const core = stack.use(await startCore(await makeDir()));
  const { rounds, share } = isQuick ? QUICK : FULL;

  const scenarios = SCENARIOS.filter(isAsked);
  const contenders: Contender[] = [];
  for (const peer of scenarios.length === 0 ? [] : PEERS) {
    const site = { corePort: core.port, certFile, keyFile, dir: await makeDir() };
    contenders.push({ peer, running: stack.use(await peer.start(site)) });
  }
  const samples = await measureRounds({
    scenarios,
    contenders,
    rounds,
    share,
    dir: await makeDir(),
    progress,
  });
  const resident = new Map<string, number>();
  for (const { peer, running } of contenders) resident.set(peer.name, await residentBytes(running.pid));

  const figures: FigureRow[] = [];
  for (const figure of FIGURES.filter(isAsked)) {
    progress(`figure: ${figure.name}`);
    figures.push(...(await figure.measure({ core, certFile, keyFile, makeDir, isQuick })));
  }
  return [
    ...(await introduction(machine, contenders, rounds)),
    ...scenarios.map((scenario) => scenarioTable(scenario, samples, resident)),
    ...(figures.length === 0 ? [] : [figureTable(figures)]),
  ].join("\n");
}

async function introduction(
  machine: readonly string[],
  contenders: readonly Contender[],
  rounds: number,
): Promise<string[]> {
  const facts = [
    `Date: ${new Date().toISOString().slice(0, 10)}`,
    ...machine,
    ...(await Promise.all(contenders.map(async ({ peer }) => `${peer.name}: ${await peer.describe()}`))),
  ];
  const method = [
    `Proxy, core and load share the cores of one machine, all on loopback: compare the lines of a table, not machines.`,
    `Every proxy has the same P-256 certificate and the same core (nginx with static files). They are measured in turn,`,
    `${rounds} rounds; shown are medians, with the least and the greatest round as spread. CPU time is user and system time`,
    `of the whole process tree from /proc, to a hundredth of a second. RSS is that of the tree when all rounds are over.`,
  ];
  return [
    `## Machine and programs\n`,
    `${facts.map((fact) => `- ${fact}`).join("\n")}\n`,
    `${method.join("\n")}\n`,
  ];
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
