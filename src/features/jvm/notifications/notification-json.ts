import type { Json } from "../jmx/json.ts";
import { createJsonBudget } from "../jmx/json-budget.ts";
import type { JmxEvent } from "../jmx/notification-events.ts";
import { type JolokiaSource, jolokiaJson } from "../jolokia/jolokia-json.ts";
import type { JolokiaOptions } from "../jolokia/request-options.ts";

/** What a getter of Java's own notifications is called, where it is not called as its field. */
const GETTERS: Readonly<Record<string, string>> = { objectName: "mBeanName" };
/** The value that an attribute had, and has: they go by its name. */
const CHANGED: ReadonlySet<string> = new Set(["oldValue", "newValue"]);

/**
 * A notification as Jolokia has it: what its getters give.
 * @throws {JsonLimitError}
 */
export function notificationJson(
  event: JmxEvent & { readonly kind: "notification" },
  options: JolokiaOptions,
  mask: JolokiaSource["mask"],
): Json {
  const { type, message, source, sequenceNumber, timeMs, userData, more } = event;
  const attribute = more.get("attributeName");
  const budget = createJsonBudget();
  const own = [...more].map(([field, value]): [string, Json] => {
    const name = CHANGED.has(field) && typeof attribute === "string" ? attribute : field;
    return [GETTERS[field] ?? field, mask(name, jolokiaJson(value, options, { budget }))];
  });
  return {
    ...{ timeStamp: timeMs, sequenceNumber, type },
    message: mask("message", message),
    userData: mask("userData", jolokiaJson(userData, options, { budget })),
    source: jolokiaJson(source, options, { budget }),
    ...Object.fromEntries(own),
  };
}
