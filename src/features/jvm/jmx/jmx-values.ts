import {
  ARRAY_LIST,
  arrayList,
  arrayListPart,
  hashMap,
  javaArray,
  javaClass,
  javaObject,
  part,
  treeMap,
  vector,
  WRITES_ITSELF,
} from "../serialization/build-values.ts";
import { entriesOf, type Look } from "../serialization/collections.ts";
import {
  fieldOf,
  isInstance,
  type JavaObject,
  type JavaValue,
  partOf,
} from "../serialization/java-values.ts";
import { createObjectWriter } from "../serialization/object-writer.ts";

/** Objects of JMX that are sent, and how those that come are recognised. */

const OBJECT_NAME_CLASS = "javax.management.ObjectName";
const OBJECT_NAME = javaClass(OBJECT_NAME_CLASS, 1081892073854801359n, [], WRITES_ITSELF);
const ATTRIBUTE = javaClass("javax.management.Attribute", 2484220110589082382n, [
  "Ljava/lang/String; name",
  "Ljava/lang/Object; value",
]);
const MARSHALLED = javaClass("java.rmi.MarshalledObject", 8988374069173025854n, [
  "I hash",
  "[B locBytes",
  "[B objBytes",
]);
const FILTER = javaClass("javax.management.NotificationFilterSupport", 6579080007561786969n, [
  "Ljava/util/List; enabledTypes",
]);
const COMPOSITE_CLASS = "javax.management.openmbean.CompositeDataSupport";
const COMPOSITE_DATA = javaClass(COMPOSITE_CLASS, 8003518976613702244n, [
  "Ljavax/management/openmbean/CompositeType; compositeType",
  "Ljava/util/SortedMap; contents",
]);
const TABULAR_CLASS = "javax.management.openmbean.TabularDataSupport";
const TABULAR_DATA = javaClass(TABULAR_CLASS, 5720150593236309827n, [
  "Ljava/util/Map; dataMap",
  "Ljavax/management/openmbean/TabularType; tabularType",
]);
const ATTRIBUTE_LIST = javaClass("javax.management.AttributeList", -4077085769279709076n, [], {
  superClass: ARRAY_LIST,
});

/** What `MarshalledObject.hashCode` says of null. */
const HASH_OF_NULL = 13;

/** Makes an `ObjectName`. */
export function objectName(name: string): JavaObject {
  return javaObject(OBJECT_NAME, part({}, [name]));
}

/** The text of an `ObjectName`; undefined where it is none. */
export function objectNameOf(value: JavaValue | undefined): string | undefined {
  if (!isInstance(value, OBJECT_NAME_CLASS)) return undefined;
  const name = partOf(value, OBJECT_NAME_CLASS)?.annotation[0];
  return typeof name === "string" ? name : undefined;
}

/** Makes an `Attribute`. */
export function attribute(name: string, value: JavaValue): JavaObject {
  return javaObject(ATTRIBUTE, part({ name, value }));
}

/** Makes a filter of notifications by what their types begin with. */
export function notificationFilter(types: readonly string[]): JavaObject {
  return javaObject(FILTER, part({ enabledTypes: vector(types) }));
}

/** Makes an `AttributeList`. */
export function attributeList(attributes: readonly JavaObject[]): JavaObject {
  return javaObject(ATTRIBUTE_LIST, arrayListPart(attributes), part({}));
}

/** Wraps a value in a stream of its own, which is read with the class loader of the MBean it is for. */
export function marshalled(value: JavaValue): JavaObject {
  if (value === null)
    return javaObject(MARSHALLED, part({ hash: HASH_OF_NULL, locBytes: null, objBytes: null }));
  const writer = createObjectWriter({ annotation: "plain" });
  writer.writeValue(value);
  const bytes = new Int8Array(writer.take());
  let hash = 0;
  for (const byte of bytes) hash = (Math.imul(31, hash) + byte) | 0;
  return javaObject(MARSHALLED, part({ hash, locBytes: null, objBytes: javaArray("[B", bytes) }));
}

/** Makes a `CompositeData` of a type that a JVM has described. */
export function compositeData(
  compositeType: JavaObject,
  contents: readonly (readonly [string, JavaValue])[],
): JavaObject {
  return javaObject(COMPOSITE_DATA, part({ compositeType, contents: treeMap(contents) }));
}

/**
 * Makes a `TabularData` of a type that a JVM has described.
 * @param rows each by the values of its index.
 */
export function tabularData(
  tabularType: JavaObject,
  rows: readonly (readonly [readonly JavaValue[], JavaObject])[],
): JavaObject {
  const dataMap = hashMap(rows.map(([index, row]) => [arrayList(index), row]));
  return javaObject(TABULAR_DATA, part({ tabularType, dataMap }));
}

/** The items of a `CompositeData`; undefined where it is none. `look` is told how many values are looked through. */
export function compositeItemsOf(
  value: JavaValue | undefined,
  look?: Look,
): readonly (readonly [JavaValue, JavaValue])[] | undefined {
  return isInstance(value, COMPOSITE_CLASS) ? entriesOf(fieldOf(value, "contents"), look) : undefined;
}
