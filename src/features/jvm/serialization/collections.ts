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

/** Is told, before it is done, how many values are looked through for what a collection holds; it may throw. */
export type Look = (count: number) => void;

interface Walk {
  readonly look: Look;
  /** How many collections are around it that only pass on what it holds. */
  readonly depth: number;
}

type Unfold = (object: JavaObject, className: string, walk: Walk) => Contents | undefined;

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
  ...of((object, name, walk) => elements(written(object, name, walk).slice(1)), ["java.util.TreeSet"]),
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
export function contentsOf(object: JavaObject, look: Look = unheeded): Contents | undefined {
  return unfold(object, { look, depth: 0 });
}

/** The elements of a collection; of a map its values; empty for any other object. */
export function listOf(value: JavaValue | undefined, look?: Look): readonly JavaValue[] {
  const contents = isJavaObject(value) ? contentsOf(value, look) : undefined;
  if (contents === undefined) return [];
  return contents.kind === "elements" ? contents.elements : contents.entries.map(([, entry]) => entry);
}

/** The entries of a map; empty for any other object. */
export function entriesOf(
  value: JavaValue | undefined,
  look?: Look,
): readonly (readonly [JavaValue, JavaValue])[] {
  const contents = isJavaObject(value) ? contentsOf(value, look) : undefined;
  return contents?.kind === "entries" ? contents.entries : [];
}

function unheeded(): void {}

function unfold(object: JavaValue | undefined, walk: Walk): Contents | undefined {
  if (!isJavaObject(object) || walk.depth > MAX_WRAPPERS) return undefined;
  if (walk.depth > 0) walk.look(object.parts.length);
  for (const { type } of object.parts.toReversed()) {
    const unfolder = UNFOLDERS.get(type.name);
    if (unfolder !== undefined) return unfolder(object, type.name, walk);
  }
  return undefined;
}

function within({ look, depth }: Walk): Walk {
  return { look, depth: depth + 1 };
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
function written(object: JavaObject, className: string, { look }: Walk): readonly JavaValue[] {
  const annotation = partOf(object, className)?.annotation ?? [];
  look(annotation.length);
  return annotation.filter((value) => !(typeof value === "object" && value?.kind === "block"));
}

function elementsWritten(object: JavaObject, className: string, walk: Walk): Contents {
  return elements(written(object, className, walk));
}

function entriesWritten(object: JavaObject, className: string, walk: Walk): Contents {
  return entries(written(object, className, walk));
}

function elementsUntilNull(object: JavaObject, className: string, walk: Walk): Contents {
  return elements(untilNull(written(object, className, walk)));
}

function entriesUntilNull(object: JavaObject, className: string, walk: Walk): Contents {
  return entries(untilNull(written(object, className, walk)));
}

function untilNull(values: readonly JavaValue[]): readonly JavaValue[] {
  const end = values.indexOf(null);
  return end === -1 ? values : values.slice(0, end);
}

function inField(name: string): Unfold {
  return (object, _className, walk) => unfold(fieldOf(object, name), within(walk));
}

function keysIn(name: string): Unfold {
  return (object, _className, walk) => {
    const map = unfold(fieldOf(object, name), within(walk));
    return map?.kind === "entries" ? elements(map.entries.map(([key]) => key)) : undefined;
  };
}

function inArray(name: string): Unfold {
  return (object, _className, { look }) => {
    const array = fieldOf(object, name);
    if (!isJavaArray(array)) return undefined;
    look(array.elements.length);
    return elements(elementsOf(array));
  };
}

function vector(object: JavaObject, _className: string, { look }: Walk): Contents | undefined {
  const array = fieldOf(object, "elementData");
  if (!isJavaArray(array)) return undefined;
  look(array.elements.length);
  return elements(elementsOf(array, Math.max(0, Number(fieldOf(object, "elementCount")))));
}

/** `List.of`, `Set.of` and `Map.of`: the lowest byte of the tag says which. */
function immutable(object: JavaObject, className: string, walk: Walk): Contents {
  const isMap = (Number(fieldOf(object, "tag")) & 0xff) === 3;
  return isMap ? entriesWritten(object, className, walk) : elementsWritten(object, className, walk);
}
