import { readFile } from "node:fs/promises";
import { AppError } from "../../../base/errors.ts";
import { readSecret } from "../../../linux/secret-file.ts";
import { signalProcess } from "../../../linux/signal-process.ts";
import type { Settings } from "../../../settings/schema.ts";
import type { Logger } from "../../../web/log.ts";
import type { Attacher } from "../attach/attacher.ts";
import { connectJmx, type JmxClient } from "../jmx/jmx-client.ts";
import type { JmxFailure } from "../jmx/jmx-error.ts";
import { JmxError } from "../jmx/jmx-error.ts";
import type { JmxOptions } from "../jmx/jmx-session.ts";
import type { Jvm } from "../jvm-finder.ts";
import type { RemoteRef } from "../rmi/remote-ref.ts";
import { requireTouch } from "../touch.ts";
import { startAgent } from "./jmx-agent.ts";
import { jmxProblem } from "./jmx-problem.ts";
import { addressOfPort, LOOPBACK, privateAddress } from "./jvm-address.ts";
import { findLocalConnector } from "./local-connector.ts";
import { findOpenPort, type OpenPort } from "./open-port.ts";

/** What is done with MBeans: what only reads logs in as who may not do more, where that can be had. */
export type JmxUse = "read" | "change";

/** Gives the client that may change something, for what mostly reads. */
export type Changer = () => Promise<JmxClient>;

/** The way to the MBeans of each JVM: made when it is needed, kept while it is used, and gone some time afterwards. */
export interface JmxAccess extends AsyncDisposable {
  /**
   * Does something with the MBeans of a JVM.
   * @throws {AppError} where there is no way to them, or what `act` throws, as a problem.
   */
  use<T>(jvm: Jvm, use: JmxUse, act: (client: JmxClient, changer: Changer) => Promise<T>): Promise<T>;
  /** To be told what `act` kept to itself: a way that leads nowhere is made anew. */
  failed(jvm: Jvm, error: unknown): void;
}

/** What it needs. */
export interface JmxAccessParts {
  readonly attacher: Attacher;
  readonly settings: Settings["jvm"];
  /** The host of `core.url`. */
  readonly coreHost: string;
  readonly log: Logger;
}

/** Who logs in for a use, and where. */
interface Way extends AsyncDisposable {
  optionsFor(use: JmxUse): JmxOptions;
}

interface Kept {
  readonly jvm: Jvm;
  readonly way: Promise<Way>;
  readonly clients: Map<string, Promise<JmxClient>>;
  users: number;
  idleSinceMs: number;
}

const LOOK_MS = 5_000;
/** After these the way may be another. */
const LOST: ReadonlySet<JmxFailure> = new Set(["unreachable", "not-jmx", "login-refused"]);

/** Makes it. */
export function createJmxAccess(parts: JmxAccessParts): JmxAccess {
  const { settings } = parts;
  const all = new Map<string, Kept>();
  const closings = new Map<string, Promise<unknown>>();
  let isDisposed = false;

  const close = (kept: Kept): void => {
    const key = keyOf(kept.jvm);
    if (all.get(key) === kept) all.delete(key);
    const closing = Promise.allSettled([closings.get(key), dispose(kept)]).then(() => {
      if (closings.get(key) === closing) closings.delete(key);
    });
    closings.set(key, closing);
  };
  const keptFor = (jvm: Jvm): Kept => {
    if (isDisposed) throw new AppError("shutting-down", "The sidecar is shutting down.");
    const key = keyOf(jvm);
    const known = all.get(key);
    if (known !== undefined) return known;
    // One agent at a time: that before is stopped first.
    const way = (closings.get(key) ?? Promise.resolve()).then(() => openWay(jvm, parts));
    const kept: Kept = { jvm, way, clients: new Map(), users: 0, idleSinceMs: performance.now() };
    way.catch(() => close(kept));
    all.set(key, kept);
    return kept;
  };
  const failed = (jvm: Jvm, error: unknown): void => {
    const kept = all.get(keyOf(jvm));
    if (kept !== undefined && error instanceof JmxError && LOST.has(error.failure)) close(kept);
  };
  const timer = setInterval(
    () => {
      for (const kept of all.values()) if (isOver(kept, settings.jmx.idleMs)) close(kept);
    },
    Math.min(LOOK_MS, settings.jmx.idleMs / 2),
  ).unref();
  return {
    async use(jvm, use, act) {
      const kept = keptFor(jvm);
      kept.users += 1;
      try {
        return await act(await clientFor(kept, use), () => clientFor(kept, "change"));
      } catch (error) {
        failed(jvm, error);
        throw jmxProblem(error, jvm);
      } finally {
        kept.users -= 1;
        kept.idleSinceMs = performance.now();
      }
    },
    failed,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      isDisposed = true;
      for (const kept of [...all.values()]) close(kept);
      await Promise.allSettled(closings.values());
    },
  };
}

function keyOf({ stat: { pid, startTicks } }: Jvm): string {
  return `${pid}:${startTicks}`;
}

function isOver({ jvm, users, idleSinceMs }: Kept, idleMs: number): boolean {
  if (signalProcess({ pid: jvm.stat.pid, startTime: jvm.startTime }, 0) === "gone") return true;
  return users === 0 && performance.now() - idleSinceMs > idleMs;
}

async function clientFor({ way, clients }: Kept, use: JmxUse): Promise<JmxClient> {
  const options = (await way).optionsFor(use);
  const user = options.credentials?.user ?? "";
  const known = clients.get(user);
  if (known !== undefined) return await known;
  const connecting = connectJmx(options);
  connecting.catch(() => clients.delete(user));
  clients.set(user, connecting);
  return await connecting;
}

async function dispose({ way, clients }: Kept): Promise<void> {
  const outcomes = await Promise.allSettled(clients.values());
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") await outcome.value[Symbol.asyncDispose]();
  }
  await (await way.catch(() => undefined))?.[Symbol.asyncDispose]();
}

async function openWay(jvm: Jvm, parts: JmxAccessParts): Promise<Way> {
  const open = await findOpenPort(jvm);
  if (open !== undefined) return await wayThrough(jvm, open, parts);
  const local = await findLocalConnector(jvm);
  return local === undefined ? await startWay(jvm, parts) : wayToLocal(local, parts);
}

/** By the connector for tools on the same machine, which the JVM has open already. */
function wayToLocal(server: RemoteRef, { settings: { touch, timeoutMs } }: JmxAccessParts): Way {
  requireTouch(touch, "talk");
  const options: JmxOptions = {
    ...{ host: LOOPBACK, port: server.port, server, credentials: null, timeoutMs },
  };
  return { optionsFor: () => options, [Symbol.asyncDispose]: async () => undefined };
}

/** By the port that the app has opened itself. */
async function wayThrough(jvm: Jvm, open: OpenPort, { settings, coreHost }: JmxAccessParts): Promise<Way> {
  requireTouch(settings.touch, "talk");
  const { user, passwordFile, caFile } = settings.jmx;
  const password =
    passwordFile === undefined ? "" : await readSetting(readSecret(passwordFile), "PASSWORD_FILE");
  const ca = caFile === undefined ? undefined : await readSetting(readFile(caFile, "utf8"), "CA_FILE");
  const options: JmxOptions = {
    host: await addressOfPort(jvm, open.port, coreHost),
    port: open.port,
    credentials: user === undefined ? null : { user, password },
    isRegistryTls: open.isRegistryTls,
    timeoutMs: settings.timeoutMs,
    ...(ca === undefined ? {} : { tls: { ca } }),
  };
  return { optionsFor: () => options, [Symbol.asyncDispose]: async () => undefined };
}

/** By an agent that is started for it. */
async function startWay(jvm: Jvm, { settings, coreHost, attacher, log }: JmxAccessParts): Promise<Way> {
  requireTouch(settings.touch, "modify");
  const host = await privateAddress(jvm, coreHost);
  const isChangeAllowed = settings.jmx.allow.length > 0;
  const agent = await startAgent(jvm, { attacher, host, isChangeAllowed });
  const { pid } = jvm.stat;
  log.info({ pid, host, port: agent.port }, "a JMX agent was started in a JVM");
  return {
    optionsFor(use) {
      const { name, password } = (use === "change" ? agent.changer : null) ?? agent.reader;
      return {
        ...{ host, port: agent.port, timeoutMs: settings.timeoutMs },
        credentials: { user: name, password },
      };
    },
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      log.info({ pid }, "the JMX agent was removed from the JVM");
    },
  };
}

async function readSetting(reading: Promise<string>, name: string): Promise<string> {
  try {
    return await reading;
  } catch (error) {
    throw new AppError("jmx-not-open", "A file of the settings for JMX can't be read.", {
      remedy: `Correct SIDECAR_JVM_JMX_${name}, or let the sidecar read that file`,
      cause: error,
    });
  }
}
