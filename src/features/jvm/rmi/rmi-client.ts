import type { ByteInput } from "../serialization/byte-input.ts";
import type { JavaValue } from "../serialization/java-values.ts";
import { WriteAbortedError } from "../serialization/object-reader.ts";
import { READ_LIMITS, type ReadLimits } from "../serialization/read-limits.ts";
import { writeCall } from "./call.ts";
import { type JrmpConnection, openJrmp, type RmiTls } from "./jrmp-connection.ts";
import { type RemoteMethod, remoteMethod } from "./method.ts";
import { REGISTRY_ID, type RemoteRef, remoteRefOf } from "./remote-ref.ts";
import { readPingAck, readReply } from "./reply.ts";
import { RemoteException, RmiConnectionError } from "./rmi-error.ts";
import { createSlots } from "./slots.ts";

/** How the objects of a JVM are reached. */
export interface RmiOptions {
  /** The host that all of its objects are on, whatever host their stubs name. */
  readonly host: string;
  /** That of the registry. */
  readonly port: number;
  /** For those objects that ask for TLS. */
  readonly tls: RmiTls;
  /** Whether the registry speaks TLS, too: it has no stub that could say so. */
  readonly isRegistryTls: boolean;
  /** How long a call may take, connecting included. */
  readonly timeoutMs: number;
  readonly limits?: ReadLimits;
}

/**
 * Calls the methods of remote objects of one JVM. It takes no lease on them (`java.rmi.dgc`): an object of JMX is held by
 * the JVM itself, and would be let go with a lease that is not renewed.
 */
export interface RmiClient extends Disposable {
  /** Asks the registry for an object. */
  lookup(name: string, signal?: AbortSignal): Promise<RemoteRef>;
  /**
   * Calls a method.
   * @throws {RemoteException} where the JVM answers with an exception, {@link JavaStreamError} where the answer is malformed or too large, {@link RmiConnectionError} where there is none.
   */
  invoke(
    target: RemoteRef,
    method: RemoteMethod,
    args: readonly JavaValue[],
    options?: CallOptions,
  ): Promise<JavaValue>;
}

/** What one call may have of its own. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For a call that the JVM answers late on purpose. */
  readonly timeoutMs?: number;
}

/** `lookup` of `RegistryImpl_Stub`: it is called by its number, and the hash is that of the whole interface. */
const LOOKUP: RemoteMethod = {
  ...remoteMethod("lookup(Ljava/lang/String;)Ljava/rmi/Remote;", { isRepeatable: true }),
  operation: 2,
  hash: 4905912898345647071n,
};
/** Each call that is under way has a connection, and a thread of the JVM. */
const MAX_CALLS = 8;
const MAX_IDLE = 2;
/**
 * The JVM may have closed a connection that has been idle for longer, unseen by us: it is tried before it is used. For a call
 * that must not be made twice none is trusted.
 */
const TRUSTED_IDLE_MS = 1_000;
const MAX_PING_BYTES = 16;
const PING = Buffer.of(0x52);

/** Makes a client; it connects when something is called. */
export function createRmiClient(options: RmiOptions): RmiClient {
  const { host, timeoutMs, limits = READ_LIMITS } = options;
  const idle = new Map<string, JrmpConnection[]>();
  const inUse = new Set<JrmpConnection>();
  const slots = createSlots(MAX_CALLS);
  let isDisposed = false;

  const openNew = ({ port, isTls }: Endpoint, signal: AbortSignal) =>
    openJrmp({ host, port, tls: isTls ? options.tls : null }, signal);
  const takeIdle = async (target: Endpoint, trustedMs: number, signal: AbortSignal) => {
    const free = idle.get(keyOf(target)) ?? [];
    for (let kept = free.pop(); kept !== undefined; kept = free.pop()) {
      if (await isAlive(kept, trustedMs, signal)) return kept;
    }
    return undefined;
  };
  const giveBack = (target: Endpoint, connection: JrmpConnection): void => {
    inUse.delete(connection);
    const free = idle.get(keyOf(target)) ?? [];
    idle.set(keyOf(target), free);
    if (!connection.isClosed && !isDisposed && free.length < MAX_IDLE) free.push(connection);
    else connection[Symbol.dispose]();
  };
  const sendOver = async (connection: JrmpConnection, sending: Sending): Promise<JavaValue> => {
    inUse.add(connection);
    try {
      return await callOver(connection, sending, limits);
    } finally {
      giveBack(sending.target, connection);
    }
  };
  const send = async (sending: Sending): Promise<JavaValue> => {
    const { target, method, signal } = sending;
    const kept = await takeIdle(target, method.isRepeatable ? TRUSTED_IDLE_MS : 0, signal);
    if (kept === undefined) return await sendOver(await openNew(target, signal), sending);
    try {
      return await sendOver(kept, sending);
    } catch (error) {
      // It was idle, and the JVM has closed it at this very moment, or the JVM has just ended.
      if (!method.isRepeatable || !isClosed(error) || isDisposed) throw error;
      return await sendOver(await openNew(target, signal), sending);
    }
  };
  const invoke: RmiClient["invoke"] = async (target, method, args, call = {}) => {
    const signal = limitOf(call.signal, call.timeoutMs ?? timeoutMs);
    const message = writeCall(target.objectId, method, args);
    await slots.take(signal);
    try {
      return await send({ target, method, message, signal });
    } finally {
      slots.give();
    }
  };
  return {
    invoke,
    async lookup(name, signal) {
      const registry = { port: options.port, objectId: REGISTRY_ID, isTls: options.isRegistryTls };
      return remoteRefOf(await invoke(registry, LOOKUP, [name], { signal }));
    },
    [Symbol.dispose]() {
      isDisposed = true;
      for (const connection of [...inUse, ...[...idle.values()].flat()]) connection[Symbol.dispose]();
    },
  };
}

interface Sending {
  readonly target: RemoteRef;
  readonly method: RemoteMethod;
  readonly message: Buffer;
  readonly signal: AbortSignal;
}

async function callOver(
  connection: JrmpConnection,
  { method, message, signal }: Sending,
  limits: ReadLimits,
): Promise<JavaValue> {
  try {
    const read = (input: ByteInput) => readReply(input, limits, method);
    const reply = await connection.exchange(message, limits.bytes, read, signal);
    if (reply.kind === "returned") return reply.value;
    const exception = new RemoteException(reply.throwable);
    // Of a call that RMI itself refuses the JVM may not have read the rest, and closes the connection then.
    if (exception.has("java.rmi.RemoteException")) connection[Symbol.dispose]();
    throw exception;
  } catch (error) {
    throw error instanceof WriteAbortedError ? new RemoteException(error.throwable, true) : error;
  }
}

type Endpoint = Pick<RemoteRef, "port" | "isTls">;

function keyOf({ port, isTls }: Endpoint): string {
  return `${port} ${isTls}`;
}

function limitOf(signal: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

function isClosed(error: unknown): boolean {
  return error instanceof RmiConnectionError && error.reason === "closed";
}

async function isAlive(connection: JrmpConnection, trustedMs: number, signal: AbortSignal): Promise<boolean> {
  if (connection.isClosed) return false;
  if (performance.now() - connection.idleSinceMs < trustedMs) return true;
  try {
    await connection.exchange(PING, MAX_PING_BYTES, readPingAck, signal);
    return true;
  } catch {
    return false;
  }
}
