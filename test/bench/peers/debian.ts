import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { unusedPort } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { runServer, type ServerProcess } from "../../support/server-process.ts";
import type { RunningPeer } from "./peer.ts";

/** Servers from Debian packages, each run as a child of this process with a configuration and a folder of its own. */

/** What is run. */
export interface Daemon {
  readonly command: string;
  /** They make it stay in the foreground; relative paths begin at `dir`. */
  readonly args: readonly string[];
  readonly dir: string;
  /** The name of its configuration in `dir`, and what is in it for a port of loopback. */
  readonly file: string;
  readonly configuration: (port: number) => string;
  readonly env?: Readonly<Record<string, string>>;
  /** The file in `dir` that gets its standard output. */
  readonly stdoutFile?: string;
}

const ATTEMPTS = 5;

/** The command that installs a package, where its program is not here. */
export function missingPackage(name: string, program: string): string | undefined {
  return existsSync(program) ? undefined : `apt-get install -y ${name}`;
}

/** The version that a program tells on being asked. */
export async function versionOf(program: string, argument: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, [argument]);
  return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? "of unknown version";
}

/** Starts it on a free port, and waits until it accepts. */
export async function startDaemon(daemon: Daemon): Promise<RunningPeer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Between finding a free port and binding it, another program may get it.
    const port = await unusedPort();
    const server = await tryStart(daemon, port);
    if (server !== undefined) return { port, pid: server.pid, [Symbol.asyncDispose]: () => server.stop() };
  }
  throw new Error(`${daemon.command} found its port taken, again and again`);
}

/** Starts it once; undefined when the port is taken. */
async function tryStart(daemon: Daemon, port: number): Promise<ServerProcess | undefined> {
  const { command, args, dir, file, configuration, env = {}, stdoutFile } = daemon;
  await writeFile(join(dir, file), configuration(port));
  const server = runServer(command, args, {
    ...{ cwd: dir, env, hasOwnGroup: true },
    ...(stdoutFile === undefined ? {} : { stdoutFile: join(dir, stdoutFile) }),
  });
  const outcome = await poll(`${command} to listen`, async () => {
    if (server.hasEnded) return "ended";
    return (await accepts(port)) && "listening";
  });
  if (outcome === "listening") return server;
  if (/address already in use/i.test(server.output())) return undefined;
  throw new Error(`${command} ended: ${server.output()}`);
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host: "127.0.0.1" });
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
