import {
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaObject,
  type JavaValue,
  partOf,
} from "./java-values.ts";

/** What is in collections and maps of `java.util`: each writes itself in its own way. */

/** What a collection holds. */
export type Contents =
  | { readonly kind: "elements"; readonly elements: readonly JavaValue[] }
  | { readonly kind: "entries"; readonly entries: readonly (readonly [JavaValue, JavaValue])[] };

/** `depth`: how many collections are around it that only pass on what it holds. */
type Unfold = (object: JavaObject, className: string, depth: number) => Contents | undefined;

const NONE: Contents = { kind: "elements", elements: [] };
const NO_ENTRIES: Contents = { kind: "entries", entries: [] };
/** Wrappers around wrappers; one may even be around itself. */
const MAX_WRAPPERS = 32;

/** How classes write what they hold: by the name of the class, or of one above it. */
const UNFOLDERS: ReadonlyMap<string, Unfold> = new Map<string, Unfold>([
  ...of(elementsWritten, [
    "java.util.ArrayList",
    "java.util.LinkedList",
    "java.util.HashSet",
    "java.util.ArrayDeque",
    "java.util.PriorityQueue",
    "java.util.concurrent.CopyOnWriteArrayList",
  ]),
  // A null ends them, since they can't hold one.
  ...of(elementsUntilNull, [
    "java.util.concurrent.LinkedBlockingQueue",
    "java.util.concurrent.LinkedBlockingDeque",
    "java.util.concurrent.ConcurrentLinkedQueue",
    "java.util.concurrent.ConcurrentLinkedDeque",
  ]),
  // The comparator comes before them.
  ...of((object, name) => elements(written(object, name).slice(1)), ["java.util.TreeSet"]),
  ...of(entriesWritten, [
    "java.util.HashMap",
    "java.util.TreeMap",
    "java.util.Hashtable",
    "java.util.IdentityHashMap",
    "java.util.EnumMap",
  ]),
  ...of(entriesUntilNull, [
    "java.util.concurrent.ConcurrentHashMap",
    "java.util.concurrent.ConcurrentSkipListMap",
  ]),
  ...of(inField("c"), [
    "java.util.Collections$UnmodifiableCollection",
    "java.util.Collections$SynchronizedCollection",
    "java.util.Collections$CheckedCollection",
  ]),
  ...of(inField("m"), [
    "java.util.Collections$UnmodifiableMap",
    "java.util.Collections$SynchronizedMap",
    "java.util.Collections$CheckedMap",
  ]),
  ...of(keysIn("m"), ["java.util.Collections$SetFromMap", "java.util.concurrent.ConcurrentSkipListSet"]),
  ...of(keysIn("map"), ["java.util.concurrent.ConcurrentHashMap$KeySetView"]),
  ...of(inField("q"), ["java.util.concurrent.PriorityBlockingQueue"]),
  ...of(inField("al"), ["java.util.concurrent.CopyOnWriteArraySet"]),
  ...of(inArray("a"), ["java.util.Arrays$ArrayList"]),
  ...of(inArray("elements"), ["java.util.EnumSet$SerializationProxy"]),
  ...of(vector, ["java.util.Vector"]),
  ...of(
    (object) => elements([fieldOf(object, "element") ?? null]),
    ["java.util.Collections$SingletonList", "java.util.Collections$SingletonSet"],
  ),
  ...of(
    (object) => entries([fieldOf(object, "k") ?? null, fieldOf(object, "v") ?? null]),
    ["java.util.Collections$SingletonMap"],
  ),
  ...of(() => NONE, ["java.util.Collections$EmptyList", "java.util.Collections$EmptySet"]),
  ...of(() => NO_ENTRIES, ["java.util.Collections$EmptyMap"]),
  ...of(immutable, ["java.util.CollSer"]),
]);

/** What a collection or map of `java.util` holds, or one of a class below those; undefined for any other object. */
export function contentsOf(object: JavaObject): Contents | undefined {
  return unfold(object, 0);
}

/** The elements of a collection; of a map its values; empty for any other object. */
export function listOf(value: JavaValue | undefined): readonly JavaValue[] {
  const contents = isJavaObject(value) ? contentsOf(value) : undefined;
  if (contents === undefined) return [];
  return contents.kind === "elements" ? contents.elements : contents.entries.map(([, entry]) => entry);
}

/** The entries of a map; empty for any other object. */
export function entriesOf(value: JavaValue | undefined): readonly (readonly [JavaValue, JavaValue])[] {
  const contents = isJavaObject(value) ? contentsOf(value) : undefined;
  return contents?.kind === "entries" ? contents.entries : [];
}

function unfold(object: JavaValue | undefined, depth: number): Contents | undefined {
  if (!isJavaObject(object) || depth > MAX_WRAPPERS) return undefined;
  for (const { type } of object.parts.toReversed()) {
    const unfolder = UNFOLDERS.get(type.name);
    if (unfolder !== undefined) return unfolder(object, type.name, depth);
  }
  return undefined;
}

function of(unfolder: Unfold, names: readonly string[]): [string, Unfold][] {
  return names.map((name) => [name, unfolder]);
}

function elements(values: readonly JavaValue[]): Contents {
  return { kind: "elements", elements: values };
}

/** Keys and values, by turns. */
function entries(values: readonly JavaValue[]): Contents {
  const pairs: [JavaValue, JavaValue][] = [];
  for (let index = 0; index + 1 < values.length; index += 2) {
    pairs.push([values[index] ?? null, values[index + 1] ?? null]);
  }
  return { kind: "entries", entries: pairs };
}

/** The objects that a class wrote beside its fields; the bytes among them say how many there are. */
function written(object: JavaObject, className: string): readonly JavaValue[] {
  const annotation = partOf(object, className)?.annotation ?? [];
  return annotation.filter((value) => !(typeof value === "object" && value?.kind === "block"));
}

function elementsWritten(object: JavaObject, className: string): Contents {
  return elements(written(object, className));
}

function entriesWritten(object: JavaObject, className: string): Contents {
  return entries(written(object, className));
}

function elementsUntilNull(object: JavaObject, className: string): Contents {
  return elements(untilNull(written(object, className)));
}

function entriesUntilNull(object: JavaObject, className: string): Contents {
  return entries(untilNull(written(object, className)));
}

function untilNull(values: readonly JavaValue[]): readonly JavaValue[] {
  const end = values.indexOf(null);
  return end === -1 ? values : values.slice(0, end);
}

function inField(name: string): Unfold {
  return (object, _className, depth) => unfold(fieldOf(object, name), depth + 1);
}

function keysIn(name: string): Unfold {
  return (object, _className, depth) => {
    const map = unfold(fieldOf(object, name), depth + 1);
    return map?.kind === "entries" ? elements(map.entries.map(([key]) => key)) : undefined;
  };
}

function inArray(name: string): Unfold {
  return (object) => {
    const array = fieldOf(object, name);
    return isJavaArray(array) ? elements(elementsOf(array)) : undefined;
  };
}

function vector(object: JavaObject): Contents | undefined {
  const array = fieldOf(object, "elementData");
  if (!isJavaArray(array)) return undefined;
  return elements(elementsOf(array, Math.max(0, Number(fieldOf(object, "elementCount")))));
}

/** `List.of`, `Set.of` and `Map.of`: the lowest byte of the tag says which. */
function immutable(object: JavaObject, className: string): Contents {
  const isMap = (Number(fieldOf(object, "tag")) & 0xff) === 3;
  return isMap ? entriesWritten(object, className) : elementsWritten(object, className);
}
