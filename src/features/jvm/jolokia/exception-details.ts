import type { Json } from "../jmx/json.ts";
import { type RemoteThrowable, textOf } from "../rmi/rmi-error.ts";
import type { JolokiaError } from "./jolokia-error.ts";
import type { JolokiaOptions } from "./request-options.ts";

/** What an answer says of an exception beside its class and message, where that is wanted. */
export function exceptionDetails(
  { thrown, message }: JolokiaError,
  { stackTrace, serializeException }: JolokiaOptions,
): Record<string, Json> {
  const [first] = thrown;
  const isWanted =
    stackTrace === "always" ||
    (stackTrace === "runtime" && first?.classNames.includes("java.lang.RuntimeException") === true);
  const value = exceptionValue(first === undefined ? [{ message, suppressed: [] }] : thrown);
  return {
    ...(serializeException ? { error_value: value } : {}),
    ...(isWanted && first !== undefined ? { stacktrace: traceText(thrown) } : {}),
  };
}

/** What the getters of an exception would give, and those of its causes. */
export function exceptionValue(chain: readonly Pick<RemoteThrowable, "message" | "suppressed">[]): Json {
  const [first, ...causes] = chain;
  if (first === undefined) return null;
  const { message, suppressed } = first;
  return {
    ...{ message, localizedMessage: message, suppressed: suppressed.map(textOf) },
    cause: exceptionValue(causes),
  };
}

/** As Java prints it. */
function traceText(thrown: readonly RemoteThrowable[]): string {
  return thrown
    .map((one, at) => {
      const frames = one.frames.map((frame) => `\tat ${frame}\n`);
      return `${at === 0 ? "" : "Caused by: "}${textOf(one)}\n${frames.join("")}`;
    })
    .join("");
}
