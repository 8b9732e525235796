import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { readStat } from "../../src/linux/proc.ts";
import { isZombie } from "../../src/linux/proc-stat.ts";
import { endWithUs } from "../support/children.ts";
import { poll } from "../support/poll.ts";

/** A process that tests look at, trace or kill. It is killed when it is disposed of. */
export interface TargetProcess extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The next line that it writes to standard output. */
  line(): Promise<string>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program that is none of the sidecar's own: not through `src/linux/spawn.ts`. */
export async function startTarget(
  argv: readonly string[],
  options: SpawnOptions = {},
): Promise<TargetProcess> {
  const [command = "", ...more] = argv;
  const child = spawn(command, more, {
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, so that what it starts itself is killed with it.
    detached: true,
    ...options,
  });
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} has no pid`);
  const lines = child.stdout === null ? undefined : createInterface(child.stdout)[Symbol.asyncIterator]();
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left of the group.
    }
  };
  endWithUs(child, () => send("SIGKILL"));
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const exited = hasEnded ? undefined : once(child, "exit");
    send(signal);
    await exited;
  };
  return {
    ...{ pid, child, kill },
    async line() {
      const next = await lines?.next();
      if (next === undefined || next.done === true)
        throw new Error(`${argv.join(" ")} wrote no further line`);
      return next.value;
    },
    [Symbol.asyncDispose]: () => kill(),
  };
}

/** Whether a process has ended. The init of a machine may take seconds to reap one that its parent has left. */
export async function hasEnded(pid: number): Promise<boolean> {
  const stat = await readStat(pid);
  return stat === undefined || isZombie(stat);
}

/** Starts a process that does nothing. */
export function startIdle(): Promise<TargetProcess> {
  return startTarget(["sleep", "300"]);
}

/** Starts a process that makes system calls as fast as it can. */
export function startBusy(): Promise<TargetProcess> {
  return startTarget(["dd", "if=/dev/zero", "of=/dev/null", "bs=1"]);
}

/** Starts a program below others that take its place by exec; resolves when it is there itself. */
export async function startBelow(
  wrapper: readonly string[],
  ...argv: readonly [string, ...string[]]
): Promise<TargetProcess> {
  const target = await startTarget([...wrapper, ...argv]);
  await poll(`${argv[0]} runs`, async () => (await readStat(target.pid))?.comm === argv[0]);
  return target;
}

/** Starts a shell script. */
export function startScript(script: string): Promise<TargetProcess> {
  return startTarget(["sh", "-c", script]);
}

/** Starts a Node.js program that is given as text. */
export function startNode(program: string, ...more: string[]): Promise<TargetProcess> {
  return startTarget([process.execPath, "--input-type=module", "--eval", program, ...more]);
}

/** Starts a file of `test/fixtures` with Node.js. */
export function startFixture(name: string, ...more: string[]): Promise<TargetProcess> {
  return startTarget([process.execPath, fixturePath(name), ...more]);
}

/** The path of a file of `test/fixtures`. */
export function fixturePath(name: string): string {
  return new URL(`../fixtures/${name}`, import.meta.url).pathname;
}

/** Starts a process that leaves a dead child unreaped. */
export async function startZombie(): Promise<TargetProcess & { readonly zombie: number }> {
  // sleep takes the place of the shell, and knows nothing of the child that the shell has left it.
  const parent = await startScript("sleep 300 & echo $!; exec sleep 300");
  const zombie = Number(await parent.line());
  await poll("sleep has taken over", async () => (await readStat(parent.pid))?.comm === "sleep");
  process.kill(zombie, "SIGKILL");
  await poll("it is a zombie", async () => (await readStat(zombie))?.stateLetter === "Z");
  return { ...parent, zombie };
}
