import { entriesOf } from "../serialization/collections.ts";
import {
  fieldOf,
  isInstance,
  isJavaObject,
  type JavaObject,
  type JavaValue,
  textFieldOf,
} from "../serialization/java-values.ts";
import { compositeData } from "./jmx-values.ts";
import { isJsonObject, type Json } from "./json.ts";
import { InvalidValueError } from "./json-scalars.ts";

/** Makes the value of one item. */
export type FromJson = (json: Json, type: string, openType: JavaObject | null) => JavaValue;

/**
 * Makes a `CompositeData` of the type that the MBean has described. What is not given is null.
 * @throws {InvalidValueError} naming the item that is wrong.
 */
export function compositeFromJson(json: Json, openType: JavaObject | null, fromJson: FromJson): JavaObject {
  if (!isJsonObject(json)) throw new InvalidValueError("an object is expected");
  if (openType === null || !isInstance(openType, "javax.management.openmbean.CompositeType")) {
    throw new InvalidValueError("the MBean does not say what this CompositeData is made of");
  }
  const types = new Map(itemTypesOf(openType));
  const unknown = Object.keys(json).find((name) => !types.has(name));
  if (unknown !== undefined) {
    throw new InvalidValueError(`there is no item ${unknown}, but ${[...types.keys()].join(", ")}`, {
      className: "java.lang.IllegalArgumentException",
      message: `Conversion to CompositeType failed because ${unknown} is not known as composite attribute key.`,
    });
  }
  const items = [...types].map(([name, type]): [string, JavaValue] => [
    name,
    item(name, json[name] ?? null, type, fromJson),
  ]);
  return compositeData(openType, items);
}

function item(name: string, json: Json, type: JavaObject, fromJson: FromJson): JavaValue {
  try {
    return fromJson(json, classNameOf(type), type);
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    throw new InvalidValueError(`${name}: ${error.message}`, error.inJava);
  }
}

/** The types of the items by their names, of a `CompositeType`. */
export function itemTypesOf(compositeType: JavaObject): [string, JavaObject][] {
  return entriesOf(fieldOf(compositeType, "nameToType")).flatMap(([name, type]): [string, JavaObject][] =>
    typeof name === "string" && isJavaObject(type) ? [[name, type]] : [],
  );
}

/** The class of the values of an `OpenType`. */
export function classNameOf(type: JavaObject): string {
  return textFieldOf(type, "className") ?? "";
}
