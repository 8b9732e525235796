import { fieldOf, isJavaObject, type JavaObject, type JavaValue } from "../serialization/java-values.ts";
import type { JmxClient } from "./jmx-client.ts";
import type { AttributeInfo } from "./mbean-info.ts";

/** Where an open value says what it is made of. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ["javax.management.openmbean.CompositeData", "compositeType"],
  ["javax.management.openmbean.TabularData", "tabularType"],
]);

/**
 * What an attribute's values are made of: what the MBean says of it, or where it says nothing, the value that it has.
 * @throws {JmxError}
 */
export async function describedType(
  client: JmxClient,
  mbean: string,
  { name, type, openType, isReadable }: AttributeInfo,
): Promise<JavaObject | null> {
  const field = FIELDS.get(type);
  if (openType !== null || field === undefined || !isReadable) return openType;
  return typeWithin(await client.attribute(mbean, name), field);
}

function typeWithin(value: JavaValue, field: string): JavaObject | null {
  const found = isJavaObject(value) ? fieldOf(value, field) : undefined;
  return isJavaObject(found) ? found : null;
}
