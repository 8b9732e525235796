import { randomBytes, randomInt } from "node:crypto";
import { AppError } from "../../../base/errors.ts";
import { readListeningSockets } from "../../../linux/listening-sockets.ts";
import type { Attacher } from "../attach/attacher.ts";
import type { Jvm } from "../jvm-finder.ts";
import { type AgentUser, removeLeftFolders, writeAgentFolder } from "./agent-folder.ts";

/** A JMX agent that was started in a JVM for us; disposed of, it is stopped, and nothing of it is left. */
export interface JmxAgent extends AsyncDisposable {
  readonly port: number;
  /** Who reads: the JVM itself refuses it any change. */
  readonly reader: AgentUser;
  /** Who changes; null where nobody may. */
  readonly changer: AgentUser | null;
}

/** How an agent is started. */
export interface AgentOptions {
  readonly attacher: Attacher;
  /** The only address that it listens on. */
  readonly host: string;
  /** Whether somebody may change something. */
  readonly isChangeAllowed: boolean;
}

/** Above the ports that Linux gives to outgoing connections (ip_local_port_range). */
const PORTS = { from: 61_000, to: 65_536 };
const MAX_TRIES = 3;
const PASSWORD_BYTES = 24;

/**
 * Starts an agent by the attach protocol. The passwords are made for it, and go over no command line.
 * @throws {AppError} as `Attacher.ask`; `jmx-not-open` where the JVM has another agent.
 */
export async function startAgent(jvm: Jvm, options: AgentOptions): Promise<JmxAgent> {
  await stopLeftAgent(jvm, options);
  const reader = newUser("reader", "readonly");
  const changer = options.isChangeAllowed ? newUser("changer", "readwrite") : null;
  const users = changer === null ? [reader] : [reader, changer];
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(jvm);
    try {
      const stop = await startOn(jvm, port, users, options);
      return { port, reader, changer, [Symbol.asyncDispose]: stop };
    } catch (error) {
      if (attempt === MAX_TRIES || !isPortTaken(error)) throw explained(error, jvm, options);
    }
  }
}

/** Gives what stops it. */
async function startOn(
  jvm: Jvm,
  port: number,
  users: readonly AgentUser[],
  { attacher, host }: AgentOptions,
): Promise<() => Promise<void>> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await writeAgentFolder(jvm, port, users));
  const settings = {
    ...{ port, "rmi.port": port, host, ssl: false, authenticate: true },
    ...{ "password.file": folder.passwordFile, "access.file": folder.accessFile },
  };
  const words = Object.entries(settings).map(([name, value]) => `jmxremote.${name}=${value}`);
  // Also after what fails half-way: the JVM may have begun.
  opened.defer(() => stop(jvm, attacher, [port]));
  await attacher.ask(jvm, "jcmd", `ManagementAgent.start ${words.join(" ")}`);
  const kept = opened.move();
  return () => kept.disposeAsync();
}

/** Stops the agent of a JVM where one of ours listens on one of the ports: another may have taken its place. */
async function stop(jvm: Jvm, attacher: Attacher, ours: readonly number[]): Promise<void> {
  const listening = await readListeningSockets(jvm.stat.pid).catch(() => []);
  if (!listening.some(({ port }) => ours.includes(port))) return;
  await attacher.ask(jvm, "jcmd", "ManagementAgent.stop").catch(() => undefined);
}

/** A sidecar that was killed has left its agent, and nobody knows its password. */
async function stopLeftAgent(jvm: Jvm, { attacher }: AgentOptions): Promise<void> {
  const left = await removeLeftFolders(jvm);
  if (left.length > 0) await stop(jvm, attacher, left);
}

function newUser(name: string, access: AgentUser["access"]): AgentUser {
  return { name, access, password: randomBytes(PASSWORD_BYTES).toString("base64url") };
}

async function freePort({ stat: { pid } }: Jvm): Promise<number> {
  const taken = new Set((await readListeningSockets(pid)).map(({ port }) => port));
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (!taken.has(port)) return port;
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof AppError && /port already in use|address already in use/i.test(error.message);
}

function explained(error: unknown, { stat: { pid } }: Jvm, { host }: AgentOptions): unknown {
  if (!(error instanceof AppError) || error.code !== "jvm-refused") return error;
  if (/already started/i.test(error.message)) {
    return new AppError("jmx-not-open", `JVM ${pid} has a JMX agent that is not ours.`, {
      remedy: "Stop it: jcmd <pid> ManagementAgent.stop",
      cause: error,
    });
  }
  return new AppError("jmx-not-open", `JVM ${pid} does not start an agent on ${host}: ${error.message}`, {
    remedy: "core.url must name the app's own address on the private network",
    cause: error,
  });
}
