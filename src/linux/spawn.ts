import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { messageOf } from "../base/errors.ts";
import { collect, endOf } from "./child-output.ts";
import { killGroup } from "./process-group.ts";

/**
 * The only place where this project starts programs: argument vectors, never a shell; bounded output; an end that
 * always comes: SIGTERM, then SIGKILL.
 */

/** How a child is run. */
export interface ChildOptions {
  /** From then on it is stopped. */
  readonly timeoutMs?: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
  /** Between SIGTERM and SIGKILL. */
  readonly killAfterMs?: number;
  /** What is kept of each of its outputs; the rest is read and thrown away, so that it never waits for us. */
  readonly maxOutputBytes?: number;
  /** Variables beside, or instead of, those that every child has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Open files that the child finds as its descriptors 3, 4, and so on. */
  readonly descriptors?: readonly number[];
  /**
   * Whether the child leads a session and process group of its own (setsid(2)), of which nothing outlives it: whatever
   * ends it, what it has started is killed too. The kernel does not do that where we are killed ourselves.
   */
  readonly leadsGroup?: boolean;
  /** Whom it runs as; it takes the capabilities SETUID and SETGID, and KILL for its end. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** How a child ended. */
export interface ChildExit {
  readonly command: readonly string[];
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** Why we stopped it; null where it ended by itself. */
  readonly stoppedBy: "timeout" | "signal" | "caller" | null;
}

/** A running program. Whoever started it disposes of it. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** What it has written to standard error so far. */
  stderr(): string;
  /** Sends a signal, and SIGKILL where that has not ended it after `killAfterMs`. Harmless when it is over. */
  stop(signal?: NodeJS.Signals, killAfterMs?: number): Promise<ChildExit>;
}

/** A program could not be started, failed, or did not end in time. */
export class CommandError extends Error {
  readonly exit: ChildExit;

  constructor(message: string, exit: ChildExit, cause?: unknown) {
    super(message, { cause });
    this.name = "CommandError";
    this.exit = exit;
  }
}

/**
 * The whole environment of every child. Ours holds tokens, and whoever may look into the child could read them there;
 * and in another language its messages could not be told apart.
 */
export const ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  HOME: "/",
};

const DEFAULT_OUTPUT_BYTES = 65_536;
const DEFAULT_KILL_AFTER_MS = 5_000;
const running = new Map<number, StartedChild>();
let killsOnExit = false;

/** The pids of the programs that we have started and that still run. */
export function startedPids(): number[] {
  return [...running.keys()];
}

/**
 * Runs a program to its end and gives what it wrote.
 * @throws {CommandError} where it can't be started, exits with anything but 0, or had to be stopped.
 */
export async function run(
  argv: readonly [string, ...string[]],
  options: ChildOptions = {},
): Promise<ChildExit> {
  await using child = await start(argv, options);
  const exit = await child.exited;
  if (exit.exitCode === 0 && exit.stoppedBy === null) return exit;
  const how =
    exit.stoppedBy === "timeout"
      ? `did not end within ${options.timeoutMs} ms`
      : `ended with ${exit.signal ?? exit.exitCode}`;
  throw new CommandError(`${argv[0]} ${how}: ${exit.stderr.trim()}`, exit);
}

/**
 * Starts a program; resolves when it runs.
 * @throws {CommandError} where it can't be started; `cause` is the system error.
 */
export async function start(
  argv: readonly [string, ...string[]],
  options: ChildOptions = {},
): Promise<Child> {
  const child = spawn(argv[0], argv.slice(1), {
    env: { ...ENVIRONMENT, ...options.env },
    detached: options.leadsGroup === true,
    ...options.user,
    stdio: ["ignore", "pipe", "pipe", ...(options.descriptors ?? [])],
  });
  const started = new StartedChild(child, argv, options);
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new CommandError(`${argv[0]} can't be started: ${messageOf(error)}`, started.describe(), error);
  }
  started.watch();
  return started;
}

class StartedChild implements Child {
  readonly exited: Promise<ChildExit>;
  readonly #child: ChildProcess;
  readonly #argv: readonly string[];
  readonly #options: ChildOptions;
  readonly #startedAtMs = performance.now();
  readonly #stdout: () => string;
  readonly #stderr: () => string;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stoppedBy: ChildExit["stoppedBy"] = null;

  constructor(child: ChildProcess, argv: readonly string[], options: ChildOptions) {
    this.#child = child;
    this.#argv = argv;
    this.#options = options;
    this.#stdout = collect(child.stdout, options.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES);
    this.#stderr = collect(child.stderr, options.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES);
    if (options.leadsGroup === true) child.once("exit", () => killGroup(this.pid));
    this.exited = endOf(child).then(() => this.#end());
  }

  get pid(): number {
    // Node.js leaves it out only where the start failed, and then nobody holds this object.
    return this.#child.pid ?? -1;
  }

  /** Begins to mind the time-out and the signal. */
  watch(): void {
    const { signal, timeoutMs } = this.#options;
    this.#child.on("error", () => {
      // A signal could not be sent: the time-outs go on, and SIGKILL follows.
    });
    killAllOnExit();
    running.set(this.pid, this);
    if (this.#hasEnded()) running.delete(this.pid);
    if (timeoutMs !== undefined) {
      this.#timers.add(setTimeout(() => this.#halt("timeout", "SIGTERM"), timeoutMs));
    }
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  stderr(): string {
    return this.#stderr();
  }

  stop(signal: NodeJS.Signals = "SIGTERM", killAfterMs?: number): Promise<ChildExit> {
    this.#halt("caller", signal, killAfterMs);
    return this.exited;
  }

  /** Sends SIGKILL to it, and to its group where it leads one. Harmless when it is over. */
  kill(): void {
    if (this.#hasEnded()) return;
    if (this.#options.leadsGroup === true) killGroup(this.pid);
    else this.#child.kill("SIGKILL");
  }

  describe(): ChildExit {
    return {
      command: this.#argv,
      exitCode: this.#child.exitCode,
      signal: this.#child.signalCode,
      stdout: this.#stdout(),
      stderr: this.#stderr(),
      durationMs: performance.now() - this.#startedAtMs,
      stoppedBy: this.#stoppedBy,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  readonly #onAbort = () => this.#halt("signal", "SIGTERM");

  #halt(by: ChildExit["stoppedBy"], signal: NodeJS.Signals, killAfterMs?: number): void {
    if (this.#hasEnded()) return;
    this.#stoppedBy ??= by;
    this.#child.kill(signal);
    const graceMs = killAfterMs ?? this.#options.killAfterMs ?? DEFAULT_KILL_AFTER_MS;
    this.#timers.add(setTimeout(() => this.kill(), graceMs));
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #end(): ChildExit {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    running.delete(this.pid);
    return this.describe();
  }
}

/** What runs when this process exits is killed with it: process.exit() gives nobody the time to dispose. */
function killAllOnExit(): void {
  if (killsOnExit) return;
  killsOnExit = true;
  process.once("exit", () => {
    for (const child of running.values()) child.kill();
  });
}
