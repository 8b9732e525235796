import { canonicalName, parseObjectName } from "../jmx/object-name.ts";
import type { JolokiaOptions } from "./request-options.ts";

/** A name of an MBean as answers have it. */
export function shownName(name: string, { canonicalNaming }: JolokiaOptions): string {
  return canonicalNaming ? canonicalName(parseObjectName(name)) : name;
}
