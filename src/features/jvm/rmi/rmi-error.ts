import { type Look, listOf } from "../serialization/collections.ts";
import {
  classNamesOf,
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaObject,
  type JavaValue,
  textFieldOf,
} from "../serialization/java-values.ts";

/** The connection could not be made, or did not last. */
export class RmiConnectionError extends Error {
  override readonly name = "RmiConnectionError";
  readonly reason: "unreachable" | "closed" | "timeout" | "not-rmi";

  constructor(reason: RmiConnectionError["reason"], message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** A `Throwable` of the JVM: its class and those above it, and what it says. */
export interface RemoteThrowable {
  readonly className: string;
  readonly classNames: readonly string[];
  readonly message: string | null;
  /** Where it was thrown, innermost first, as Java prints it: `Odd$Values.fail(Odd.java:7)`. */
  readonly frames: readonly string[];
  /** What its `try` has suppressed: of these the class and the message. */
  readonly suppressed: readonly Pick<RemoteThrowable, "className" | "message">[];
}

/** The JVM answered a call with an exception. */
export class RemoteException extends Error {
  override readonly name = "RemoteException";
  /** The exception, then its cause, and so on. */
  readonly chain: readonly RemoteThrowable[];
  /** Whether it is the result that could not be serialized, in the midst of the reply. */
  readonly isAbortedReply: boolean;

  constructor(throwable: JavaValue, isAbortedReply = false) {
    const chain = throwablesOf(throwable);
    const [first] = chain;
    super(first === undefined ? "an exception that is none" : textOf(first));
    this.chain = chain;
    this.isAbortedReply = isAbortedReply;
  }

  /** Tells whether the exception itself, or one that caused it, is of that class or of one below. */
  has(className: string): boolean {
    return this.chain.some(({ classNames }) => classNames.includes(className));
  }
}

const MAX_CAUSES = 20;
const MAX_FRAMES = 1_024;

/** A throwable as Java prints it. */
export function textOf({ className, message }: Pick<RemoteThrowable, "className" | "message">): string {
  return message === null ? className : `${className}: ${message}`;
}

/**
 * A throwable, then its cause, and so on.
 * @param how.maxFrames how many frames each has at most.
 * @param how.look is told how many values are looked through.
 */
export function throwablesOf(
  throwable: JavaValue,
  how: { readonly maxFrames?: number; readonly look?: Look } = {},
): RemoteThrowable[] {
  const { maxFrames = MAX_FRAMES, look } = how;
  const chain: RemoteThrowable[] = [];
  const seen = new Set<JavaValue>();
  for (let at = throwable; isJavaObject(at) && !seen.has(at) && chain.length < MAX_CAUSES; at = causeOf(at)) {
    look?.(at.parts.length);
    seen.add(at);
    chain.push({
      ...namesOf(at),
      classNames: classNamesOf(at.type),
      frames: framesOf(at, maxFrames),
      suppressed: suppressedIn(at, look),
    });
  }
  return chain;
}

function suppressedIn(throwable: JavaObject, look: Look | undefined): RemoteThrowable["suppressed"] {
  const suppressed = listOf(fieldOf(throwable, "suppressedExceptions"), look).filter(isJavaObject);
  return suppressed.slice(0, MAX_CAUSES).map((one) => {
    look?.(one.parts.length);
    return namesOf(one);
  });
}

function namesOf(throwable: JavaObject): Pick<RemoteThrowable, "className" | "message"> {
  return { className: throwable.type.name, message: textFieldOf(throwable, "detailMessage") ?? null };
}

function framesOf(throwable: JavaObject, maxFrames: number): string[] {
  const trace = fieldOf(throwable, "stackTrace");
  const elements = isJavaArray(trace) ? elementsOf(trace, maxFrames) : [];
  return elements.filter(isJavaObject).map((element) => {
    const line = Number(fieldOf(element, "lineNumber") ?? -1);
    const file = textFieldOf(element, "fileName");
    // StackTraceElement has -2 for a native method.
    const place = line === -2 ? "Native Method" : (file ?? "Unknown Source");
    const names = ["declaringClass", "methodName"].map((name) => textFieldOf(element, name) ?? "");
    return `${names.join(".")}(${place}${line >= 0 && file !== undefined ? `:${line}` : ""})`;
  });
}

/** Exceptions of before Java 1.4 keep their cause in a field of their own. */
const CAUSES = ["cause", "exception", "runtimeException", "error", "detail", "target"];

function causeOf(throwable: JavaObject): JavaValue {
  // One without a cause is its own.
  return (
    CAUSES.map((name) => fieldOf(throwable, name)).find(
      (cause) => isJavaObject(cause) && cause !== throwable,
    ) ?? null
  );
}
