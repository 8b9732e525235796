import { RemoteException, type RemoteThrowable, RmiConnectionError } from "../rmi/rmi-error.ts";
import { JavaStreamError } from "../serialization/stream-error.ts";

/** Why JMX could not give what was asked for. */
export type JmxFailure =
  /** Nothing answers there. */
  | "unreachable"
  | "timeout"
  | "closed"
  /** What answers there is no JMX. */
  | "not-jmx"
  /** The answer is malformed, or more than is allowed. */
  | "bad-answer"
  | "login-refused"
  /** The role may not do it: the JVM says so. */
  | "forbidden"
  | "no-such-mbean"
  | "no-such-attribute"
  | "no-such-operation"
  | "invalid-value"
  /** The value can't leave the JVM. */
  | "not-serializable"
  /** The MBean's own code failed. */
  | "threw";

/** The one error of the JMX client. */
export class JmxError extends Error {
  override readonly name = "JmxError";
  readonly failure: JmxFailure;
  /** What the JVM threw, from the outermost to its last cause; empty where it threw nothing. */
  readonly chain: readonly RemoteThrowable[];

  constructor(
    failure: JmxFailure,
    message: string,
    options: { cause?: unknown; chain?: readonly RemoteThrowable[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.failure = failure;
    this.chain = options.chain ?? [];
  }
}

/**
 * Of the exceptions of Java, what they mean here. What is within one that holds an MBean's own says nothing of the MBean
 * that was asked: the code of one may itself look for another that is not there.
 */
const MEANINGS: ReadonlyMap<string, JmxFailure> = new Map<string, JmxFailure>([
  ["java.io.NotSerializableException", "not-serializable"],
  ["javax.management.InstanceNotFoundException", "no-such-mbean"],
  ["javax.management.AttributeNotFoundException", "no-such-attribute"],
  ["javax.management.InvalidAttributeValueException", "invalid-value"],
  ["javax.management.MBeanException", "threw"],
  ["javax.management.RuntimeMBeanException", "threw"],
  ["javax.management.RuntimeErrorException", "threw"],
  ["java.lang.reflect.InvocationTargetException", "threw"],
  ["java.lang.SecurityException", "forbidden"],
  ["java.lang.NoSuchMethodException", "no-such-operation"],
]);

/**
 * Says what went wrong in the terms of JMX; what is known already stays as it is.
 * @throws what is no failure of a JVM, or of the way to it.
 */
export function jmxErrorOf(error: unknown): JmxError {
  if (error instanceof JmxError) return error;
  if (error instanceof RmiConnectionError) {
    const failure = error.reason === "not-rmi" ? "not-jmx" : error.reason;
    return new JmxError(failure, error.message, { cause: error });
  }
  if (error instanceof JavaStreamError) {
    return new JmxError("bad-answer", `the JVM's answer can't be read: ${error.message}`, { cause: error });
  }
  if (error instanceof RemoteException) return remoteFailure(error);
  throw error;
}

function remoteFailure(error: RemoteException): JmxError {
  const failure = error.isAbortedReply ? "not-serializable" : meaningOf(error);
  return new JmxError(failure, rootMessage(error), { cause: error, chain: error.chain });
}

/** From the outermost inwards, the first that means something counts. */
function meaningOf({ chain }: RemoteException): JmxFailure {
  for (const { classNames } of chain) {
    const known = classNames.find((name) => MEANINGS.has(name));
    if (known !== undefined) return MEANINGS.get(known) ?? "threw";
  }
  return "threw";
}

/** The exceptions of RMI and JMX around the one that happened say nothing of their own. */
function rootMessage({ chain, message }: RemoteException): string {
  const inner = chain.find(({ className }) => !WRAPPERS.has(className));
  if (inner === undefined) return message;
  return inner.message === null ? inner.className : `${inner.className}: ${inner.message}`;
}

const WRAPPERS: ReadonlySet<string> = new Set([
  "java.rmi.ServerException",
  "java.rmi.UnmarshalException",
  "java.rmi.MarshalException",
  "javax.management.MBeanException",
  "javax.management.RuntimeMBeanException",
  "javax.management.RuntimeErrorException",
  "javax.management.ReflectionException",
  "java.lang.reflect.UndeclaredThrowableException",
]);
