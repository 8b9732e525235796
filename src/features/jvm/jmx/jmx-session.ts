import type { RmiTls } from "../rmi/jrmp-connection.ts";
import type { RemoteMethod } from "../rmi/method.ts";
import { type RemoteRef, remoteRefOf } from "../rmi/remote-ref.ts";
import { type CallOptions, createRmiClient, type RmiClient } from "../rmi/rmi-client.ts";
import { RemoteException, RmiConnectionError } from "../rmi/rmi-error.ts";
import { stringArray } from "../serialization/build-values.ts";
import type { JavaValue } from "../serialization/java-values.ts";
import { JmxError, jmxErrorOf } from "./jmx-error.ts";
import { METHODS, NEW_CLIENT } from "./jmx-methods.ts";

/** Where a JVM's JMX is, and who asks. */
export interface JmxOptions {
  readonly host: string;
  /** `com.sun.management.jmxremote.port` */
  readonly port: number;
  /** The object by which one logs in, where it is known: then no registry is asked for it. */
  readonly server?: RemoteRef;
  /** Null where the JVM asks for none. Without TLS they cross the network in clear. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** What is trusted where the JVM speaks TLS. */
  readonly tls?: RmiTls;
  /** `com.sun.management.jmxremote.registry.ssl` */
  readonly isRegistryTls?: boolean;
  /** How long a call may take. */
  readonly timeoutMs?: number;
}

/** A login, made anew whenever the JVM has forgotten it: after two minutes without a call, and after a restart. */
export interface JmxSession extends AsyncDisposable {
  /** Changes with each login. */
  readonly generation: number;
  /**
   * Calls a method of `RMIConnection`.
   * @throws {JmxError}
   */
  call(method: RemoteMethod, args: readonly JavaValue[], options?: SessionCallOptions): Promise<JavaValue>;
}

/** What one call may have of its own. */
export interface SessionCallOptions extends CallOptions {
  /** For a call that means nothing to another login than the one it is made for: with that gone it fails as `closed`. */
  readonly generation?: number;
}

/** Where a JVM registers its JMX. */
const REGISTERED_AS = "jmxrmi";
const TIMEOUT_MS = 10_000;
/** The JVM forgets a login after 120 s without a call (`jmx.remote.x.server.connection.timeout`). */
const KEEP_ALIVE_MS = 50_000;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Logs in.
 * @param keepAliveMs how long no call may be made before one is made to keep the login.
 * @throws {JmxError}
 */
export async function openJmxSession(options: JmxOptions, keepAliveMs = KEEP_ALIVE_MS): Promise<JmxSession> {
  const { host, port, tls = {}, isRegistryTls = false, timeoutMs = TIMEOUT_MS } = options;
  const rmi = createRmiClient({ host, port, tls, isRegistryTls, timeoutMs });
  let login: Promise<RemoteRef> | undefined;
  let generation = 0;
  let latestCallMs = performance.now();

  const current = (): Promise<RemoteRef> => {
    if (login === undefined) {
      generation += 1;
      const started = logIn(rmi, options);
      // A login that failed is tried anew by the next call.
      started.catch(() => {
        if (login === started) login = undefined;
      });
      login = started;
    }
    return login;
  };
  const attempt = async (method: RemoteMethod, args: readonly JavaValue[], own: SessionCallOptions) => {
    const asked = current();
    const target = await asked;
    if (own.generation !== undefined && own.generation !== generation) throw loginLost();
    try {
      return await rmi.invoke(target, method, args, own);
    } catch (error) {
      if (isForgotten(error) && login === asked) login = undefined;
      throw error;
    }
  };
  const call: JmxSession["call"] = async (method, args, own = {}) => {
    latestCallMs = performance.now();
    try {
      return await attempt(method, args, own);
    } catch (error) {
      if (!isForgotten(error)) throw jmxErrorOf(error);
      if (own.generation !== undefined) throw loginLost(error);
    }
    return await attempt(method, args, own).catch((error: unknown) => {
      throw jmxErrorOf(error);
    });
  };
  const keepAlive = setInterval(() => {
    if (performance.now() - latestCallMs < keepAliveMs / 2 || login === undefined) return;
    // What it finds broken, the next call mends.
    call(METHODS.getDefaultDomain, [null]).catch(() => undefined);
  }, keepAliveMs / 2).unref();
  const dispose = async (): Promise<void> => {
    clearInterval(keepAlive);
    const latest = login;
    login = closed();
    const target = await latest?.catch(() => undefined);
    if (target !== undefined) {
      await rmi.invoke(target, METHODS.close, [], { timeoutMs: CLOSE_TIMEOUT_MS }).catch(() => undefined);
    }
    rmi[Symbol.dispose]();
  };
  try {
    await current();
  } catch (error) {
    await dispose();
    throw jmxErrorOf(error);
  }
  return {
    get generation() {
      return generation;
    },
    call,
    [Symbol.asyncDispose]: dispose,
  };
}

async function logIn(rmi: RmiClient, options: JmxOptions): Promise<RemoteRef> {
  const server = options.server ?? (await rmi.lookup(REGISTERED_AS).catch(notRegistered));
  return remoteRefOf(await rmi.invoke(server, NEW_CLIENT, [credentialsOf(options)]).catch(loginRefused));
}

function credentialsOf({ credentials }: JmxOptions): JavaValue {
  return credentials && stringArray([credentials.user, credentials.password]);
}

/**
 * The call has done nothing: there is nobody who could have done it. RMI itself says so in the outermost exception; what
 * the same class is within another, or in place of a result, comes from a call that was made.
 */
function isForgotten(error: unknown): boolean {
  if (error instanceof RemoteException) {
    const [outermost] = error.chain;
    return !error.isAbortedReply && outermost?.className === "java.rmi.NoSuchObjectException";
  }
  return error instanceof RmiConnectionError && error.reason === "unreachable";
}

/** Of a session that is disposed of: nobody logs in by it again. */
function closed(): Promise<never> {
  const never = Promise.reject(new JmxError("closed", "the way to the JVM has been closed"));
  never.catch(() => undefined);
  return never;
}

function loginLost(cause?: unknown): JmxError {
  return new JmxError("closed", "the JVM has forgotten the login", { cause });
}

function notRegistered(error: unknown): never {
  if (error instanceof RemoteException && error.has("java.rmi.NotBoundException")) {
    throw new JmxError("not-jmx", "the RMI registry there has no JMX", { cause: error, chain: error.chain });
  }
  throw error;
}

function loginRefused(error: unknown): never {
  if (error instanceof RemoteException && error.has("java.lang.SecurityException")) {
    const why = error.chain.at(-1)?.message ?? "it does not say why";
    throw new JmxError("login-refused", `the JVM refuses the login: ${why}`, {
      cause: error,
      chain: error.chain,
    });
  }
  throw error;
}
