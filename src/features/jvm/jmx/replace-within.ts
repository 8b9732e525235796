import { arrayList, hashMap, treeMap } from "../serialization/build-values.ts";
import { contentsOf } from "../serialization/collections.ts";
import {
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaArray,
  type JavaObject,
  type JavaValue,
} from "../serialization/java-values.ts";
import { unbox } from "../serialization/scalars.ts";
import { classNameOf, itemTypesOf } from "./composite-from-json.ts";
import { fromJson } from "./from-json.ts";
import { compositeData, compositeItemsOf } from "./jmx-values.ts";
import type { Json } from "./json.ts";
import { InvalidValueError } from "./json-scalars.ts";

type Path = readonly [part: string, ...rest: string[]];
type Entry = readonly [JavaValue, JavaValue];

/**
 * Makes a value that is as another one but for what is at a path within it: an element of an array or an `ArrayList`, an
 * item of a `CompositeData`, an entry of a `HashMap` or a `TreeMap`.
 * @throws {InvalidValueError} where there is no such part, or no value can be made for it.
 */
export function replaceWithin(value: JavaValue, path: Path, json: Json): JavaValue {
  if (isJavaArray(value)) return replaceElement(value, path, json);
  if (!isJavaObject(value)) throw noPart(path);
  const items = compositeItemsOf(value);
  if (items !== undefined) return replaceItem(value, items, path, json);
  const contents = contentsOf(value);
  if (contents?.kind === "elements" && value.type.name === "java.util.ArrayList") {
    return arrayList(withElement(contents.elements, path, (old) => replaced(old, path, json)));
  }
  if (contents?.kind === "entries") return replaceEntry(value, contents.entries, path, json);
  throw noSetter(value, path);
}

/** What is at the path's first part, with what is to be there; of the same class, where there is something already. */
function replaced(old: JavaValue, [, part, ...rest]: Path, json: Json): JavaValue {
  return part === undefined ? fromJson(json, classOf(old), null) : replaceWithin(old, [part, ...rest], json);
}

function classOf(value: JavaValue): string {
  if (typeof value === "string") return "java.lang.String";
  if (isJavaArray(value)) return value.type.name;
  return isJavaObject(value) && contentsOf(value) === undefined ? value.type.name : "java.lang.Object";
}

function replaceElement(array: JavaArray, path: Path, json: Json): JavaArray {
  const elements = withElement(elementsOf(array), path, (old) => {
    if (path.length > 1) return replaced(old, path, json);
    // The array says what it is made of, also where there is null so far.
    const one = fromJson([json], array.type.name, null);
    return isJavaArray(one) ? (elementsOf(one)[0] ?? null) : null;
  });
  return { ...array, elements };
}

function withElement(
  elements: readonly JavaValue[],
  path: Path,
  change: (old: JavaValue) => JavaValue,
): readonly JavaValue[] {
  const [part] = path;
  const at = /^\d{1,9}$/.test(part) ? Number(part) : elements.length;
  if (at >= elements.length) throw noPart(path);
  return elements.with(at, change(elements[at] ?? null));
}

function replaceItem(composite: JavaObject, items: readonly Entry[], path: Path, json: Json): JavaObject {
  const type = fieldOf(composite, "compositeType");
  const [part, ...rest] = path;
  const itemType = isJavaObject(type) ? new Map(itemTypesOf(type)).get(part) : undefined;
  if (!isJavaObject(type) || itemType === undefined) throw noPart(path);
  return compositeData(
    type,
    items.map(([name, old]) => {
      if (name !== part) return [String(name), old];
      return [
        part,
        rest.length > 0 ? replaced(old, path, json) : fromJson(json, classNameOf(itemType), itemType),
      ];
    }),
  );
}

/** A key that is not there is added where all are text. */
function replaceEntry(map: JavaObject, entries: readonly Entry[], path: Path, json: Json): JavaObject {
  const [part] = path;
  const found = entries.find(([key]) => textOfKey(key) === part);
  const haveTexts = entries.every(([key]) => typeof key === "string");
  if (found === undefined && (!haveTexts || path.length > 1)) throw noPart(path);
  const entry: Entry = [found?.[0] ?? part, replaced(found?.[1] ?? null, path, json)];
  const changed =
    found === undefined ? [...entries, entry] : entries.map((one) => (one === found ? entry : one));
  const { name } = map.type;
  if (name === "java.util.HashMap" || name === "java.util.LinkedHashMap") return hashMap(changed);
  if (name === "java.util.TreeMap" && haveTexts) {
    return treeMap(changed.map(([key, value]) => [String(key), value]));
  }
  throw noSetter(map, path);
}

/** Jolokia looks for a method then. */
function noSetter({ type: { name } }: JavaObject, [part]: Path): InvalidValueError {
  const setter = `set${part.charAt(0).toUpperCase()}${part.slice(1)}`;
  return new InvalidValueError(`a part of a ${name} can't be set`, {
    className: "java.lang.IllegalArgumentException",
    message: `No Method ${setter} known for object of type ${name}`,
  });
}

function textOfKey(key: JavaValue): string | undefined {
  if (typeof key === "string") return key;
  if (typeof key === "object" && key?.kind === "enum") return key.constant;
  const scalar = isJavaObject(key) ? unbox(key) : undefined;
  return scalar === undefined ? undefined : String(scalar);
}

function noPart([part]: Path): InvalidValueError {
  return new InvalidValueError(`there is no part ${part}`);
}
