import { AppError, type ErrorCode } from "../../../base/errors.ts";
import { JmxError, type JmxFailure } from "../jmx/jmx-error.ts";
import { JsonLimitError } from "../jmx/json-budget.ts";
import { InvalidValueError } from "../jmx/json-scalars.ts";
import { ObjectNameError } from "../jmx/object-name.ts";
import type { Jvm } from "../jvm-finder.ts";

/** What a failure of JMX is to a client of the API, and what mends it. */

const PROBLEMS: Readonly<Record<JmxFailure, { readonly code: ErrorCode; readonly remedy?: string }>> = {
  unreachable: {
    code: "core-unavailable",
    remedy:
      "Try again; the sidecar must reach the app's JMX port, and trust its certificate where it has TLS (SIDECAR_JVM_JMX_CA_FILE)",
  },
  timeout: { code: "core-timeout", remedy: "SIDECAR_JVM_TIMEOUT_MS allows more." },
  closed: { code: "core-reset", remedy: "GET jvm" },
  "not-jmx": {
    code: "core-protocol-error",
    remedy: "com.sun.management.jmxremote.ssl and .registry.ssl must be as the app's port really is",
  },
  "bad-answer": {
    code: "core-protocol-error",
    remedy: "GET jvm/{pid} reads what can be read without its answers.",
  },
  "login-refused": {
    code: "jmx-not-open",
    remedy:
      "SIDECAR_JVM_JMX_USER and SIDECAR_JVM_JMX_PASSWORD_FILE: one that the app's password and access files know",
  },
  forbidden: { code: "jvm-refused", remedy: "Its access file must give SIDECAR_JVM_JMX_USER `readwrite`" },
  "no-such-mbean": { code: "not-found", remedy: "GET jvm/{pid}/mbeans lists them." },
  "no-such-attribute": { code: "not-found", remedy: "GET jvm/{pid}/mbeans/{name} lists its attributes." },
  "no-such-operation": { code: "not-found", remedy: "GET jvm/{pid}/mbeans/{name} lists its operations." },
  "invalid-value": { code: "content-invalid" },
  "not-serializable": { code: "jvm-refused" },
  threw: { code: "jvm-refused" },
};

/** Says it as a problem; what is none of JMX stays as it is. */
export function jmxProblem(error: unknown, { stat: { pid } }: Jvm): unknown {
  if (error instanceof JmxError) {
    const { code, remedy } = PROBLEMS[error.failure];
    const detail = `JVM ${pid}: ${error.message}`;
    return new AppError(code, detail, { cause: error, ...(remedy === undefined ? {} : { remedy }) });
  }
  if (error instanceof ObjectNameError) {
    return new AppError("invalid-parameter", `${error.message}.`, {
      cause: error,
      remedy: "A name of an MBean: java.lang:type=Memory",
    });
  }
  if (error instanceof InvalidValueError) {
    return new AppError("content-invalid", `${error.message}.`, {
      cause: error,
      remedy: "GET jvm/{pid}/mbeans/{name} tells the types.",
    });
  }
  if (error instanceof JsonLimitError) return new AppError("jvm-refused", error.message, { cause: error });
  return error;
}
