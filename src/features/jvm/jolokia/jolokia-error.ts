import { messageOf } from "../../../base/errors.ts";
import { JmxError } from "../jmx/jmx-error.ts";
import { JsonLimitError } from "../jmx/json-budget.ts";
import { InvalidValueError } from "../jmx/json-scalars.ts";
import { ObjectNameError } from "../jmx/object-name.ts";
import type { RemoteThrowable } from "../rmi/rmi-error.ts";

/** A failure in the terms of Jolokia: an inner status, and the class of a Java exception. */
export class JolokiaError extends Error {
  override readonly name = "JolokiaError";
  readonly status: number;
  readonly errorType: string;
  /** What the JVM threw, and what caused it; empty where it threw nothing. */
  readonly thrown: readonly RemoteThrowable[];

  constructor(status: number, errorType: string, message: string, thrown: readonly RemoteThrowable[] = []) {
    super(message);
    this.status = status;
    this.errorType = errorType;
    this.thrown = thrown;
  }
}

const ILLEGAL_ARGUMENT = "java.lang.IllegalArgumentException";

/** The request is not one that could be done. */
export function illegalArgument(message: string): JolokiaError {
  return new JolokiaError(400, ILLEGAL_ARGUMENT, message);
}

/** The inner status of what JMX can fail with. */
const STATUS: Readonly<Record<string, number>> = {
  "no-such-mbean": 404,
  "no-such-attribute": 404,
  "no-such-operation": 400,
  "invalid-value": 400,
  forbidden: 403,
};
/** What JMX wraps around the exception that says what happened. */
const WRAPPERS =
  /^java\.rmi\.|^javax\.management\.(?:Runtime)?(?:MBean|Error|Reflection|Operations)Exception$/;

/** Says any failure in the terms of Jolokia. */
export function jolokiaErrorOf(error: unknown): JolokiaError {
  if (error instanceof JolokiaError) return error;
  if (error instanceof InvalidValueError) {
    const { className, message } = error.inJava ?? { className: ILLEGAL_ARGUMENT, message: error.message };
    return new JolokiaError(400, className, message);
  }
  if (error instanceof ObjectNameError)
    return illegalArgument(`Invalid object name. ${error.inJava ?? error.message}`);
  if (error instanceof JsonLimitError)
    return new JolokiaError(500, "java.lang.IllegalStateException", error.message);
  if (!(error instanceof JmxError)) return new JolokiaError(500, "java.lang.Exception", messageOf(error));
  const thrown = error.chain.find(({ className }) => !WRAPPERS.test(className));
  if (thrown === undefined) return new JolokiaError(500, "java.io.IOException", error.message);
  const isArgument = thrown.classNames.includes(ILLEGAL_ARGUMENT);
  return new JolokiaError(
    isArgument ? 400 : (STATUS[error.failure] ?? 500),
    thrown.className,
    thrown.message ?? "",
    error.chain.slice(error.chain.indexOf(thrown)),
  );
}
