import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { endWithUs } from "./children.ts";
import { poll } from "./poll.ts";

/** A program that runs as a child of this process. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it wrote on standard output (where that goes to no file) and standard error. */
  output(): string;
  readonly hasEnded: boolean;
  /** Waits for its end; gives the exit code, or the signal's name. */
  ended(): Promise<number | string>;
  /** Sends the signal and returns. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end; SIGKILL where it takes longer than 10 seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd: string;
  /** Its whole environment, beside PATH and the locale. */
  readonly env?: Readonly<Record<string, string>>;
  /** The file that gets its standard output. */
  readonly stdoutFile?: string;
  /** Out of reach of a Ctrl-C at the terminal, which goes to the whole group: for those who end their programs in order. */
  readonly hasOwnGroup?: boolean;
}

const STOP_TIMEOUT_MS = 10_000;

/** Runs a program, and ends it with this process at the latest. */
export function runServer(command: string, args: readonly string[], options: RunOptions): ServerProcess {
  const file = options.stdoutFile === undefined ? undefined : openSync(options.stdoutFile, "a");
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", ...options.env },
    stdio: ["ignore", file ?? "pipe", "pipe"],
    detached: options.hasOwnGroup ?? false,
  });
  if (file !== undefined) closeSync(file);
  const output = collect(child);
  const ended = once(child, "close").then(([code, signal]): number | string => code ?? signal);
  // An executable that is not there is an "error", and then there is no "close".
  ended.catch(() => undefined);
  // SIGTERM and not SIGKILL: a master process must have the time to end its workers.
  endWithUs(child, () => void child.kill("SIGTERM"));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (!hasEnded()) child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  };
  return {
    pid: child.pid ?? 0,
    output,
    get hasEnded() {
      return hasEnded();
    },
    ended: () => ended,
    signal: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Waits until the program's output has a match; fails with that output as soon as the program ends. */
export function said(server: ServerProcess, pattern: RegExp, timeoutMs = 60_000): Promise<RegExpExecArray> {
  const look = () => {
    const match = pattern.exec(server.output());
    if (match !== null) return { match };
    return server.hasEnded ? { match: undefined } : undefined;
  };
  return poll(`${pattern} in what the server says`, look, { timeoutMs }).then(({ match }) => {
    if (match === undefined) throw new Error(`the server ended: ${server.output()}`);
    return match;
  });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}
