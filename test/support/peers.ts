import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe } from "vitest";
import { poll } from "./poll.ts";

/** Servers that others wrote, from Debian packages: whether they are here, and how they are run as children of a test. */

/** What installs all of them. */
const INSTALL = "apt-get install -y nginx-light tomcat10 tomcat10-examples strace";

/** The files that tell that a server is installed. */
const INSTALLED = {
  nginx: ["/usr/sbin/nginx"],
  tomcat: ["/usr/bin/java", "/usr/share/tomcat10/bin/bootstrap.jar", "/usr/share/tomcat10-examples/examples"],
  strace: ["/usr/bin/strace"],
} as const;

/** The servers that tests can put behind the sidecar, and the tool that watches them. */
export type PeerName = keyof typeof INSTALLED;

/**
 * A group of tests that need servers: where one is not installed it says what installs it, and skips the group, or
 * fails where `CI` is set.
 */
export function describeWith(peers: readonly PeerName[], title: string, tests: () => void): void {
  const missing = peers.flatMap((peer) => INSTALLED[peer]).filter((path) => !existsSync(path));
  if (missing.length === 0) {
    describe(title, tests);
    return;
  }
  const reason = `${missing.join(" and ")} not found; what mends it: ${INSTALL}`;
  if (process.env["CI"]) throw new Error(`${title}: ${reason}`);
  console.warn(`skipped: ${title}: ${reason}`);
  describe.skip(title, tests);
}

/** A server that runs as a child of this process. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it wrote on standard output and standard error. */
  output(): string;
  readonly hasEnded: boolean;
  /** Sends the signal and returns. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end; SIGKILL where it takes longer than 10 seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const STOP_TIMEOUT_MS = 10_000;

/** Runs a server, and ends it with this process at the latest. */
export function runServer(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>> },
): ServerProcess {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(child);
  const ended = once(child, "close");
  // An executable that is not there is an "error", and then there is no "close".
  ended.catch(() => undefined);
  // SIGTERM and not SIGKILL: a master process must have the time to end its workers.
  const atExit = () => void child.kill("SIGTERM");
  process.once("exit", atExit);
  child.once("close", () => process.off("exit", atExit));
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
    signal: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Waits until the server's output has a match; fails with that output as soon as the server ends. */
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
