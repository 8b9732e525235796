import {
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaObject,
  type JavaValue,
  partOf,
  textFieldOf,
} from "../serialization/java-values.ts";

/** What an MBean says that it has. */

export interface AttributeInfo {
  readonly name: string;
  readonly description: string;
  /** A class or a primitive, as `Class.getName` gives it: `int`, `java.lang.String`, `[J`. */
  readonly type: string;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  /** Whether its getter begins with `is`. */
  readonly isIs: boolean;
  /** Its `OpenType`, where the MBean gives one: what a value is to be built from. */
  readonly openType: JavaObject | null;
}

export interface ParameterInfo {
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly openType: JavaObject | null;
}

export interface OperationInfo {
  readonly name: string;
  readonly description: string;
  readonly returnType: string;
  readonly impact: "info" | "action" | "action-info" | "unknown";
  readonly parameters: readonly ParameterInfo[];
}

export interface NotificationInfo {
  /** The class of the notifications. */
  readonly name: string;
  readonly description: string;
  readonly types: readonly string[];
}

export interface MBeanInfo {
  readonly className: string;
  readonly description: string;
  readonly attributes: readonly AttributeInfo[];
  readonly operations: readonly OperationInfo[];
  readonly notifications: readonly NotificationInfo[];
}

const IMPACTS = ["info", "action", "action-info"] as const;
const FEATURE = "javax.management.MBeanFeatureInfo";

/** Reads a `javax.management.MBeanInfo`; undefined where the value is none. */
export function mbeanInfoOf(value: JavaValue): MBeanInfo | undefined {
  if (!isJavaObject(value) || partOf(value, "javax.management.MBeanInfo") === undefined) return undefined;
  return {
    className: textFieldOf(value, "className") ?? "",
    description: textFieldOf(value, "description") ?? "",
    attributes: objectsIn(value, "attributes").map(attributeOf),
    operations: objectsIn(value, "operations").map(operationOf),
    notifications: objectsIn(value, "notifications").map(notificationOf),
  };
}

function attributeOf(object: JavaObject): AttributeInfo {
  return {
    ...namesOf(object),
    type: textFieldOf(object, "attributeType") ?? "",
    isReadable: fieldOf(object, "isRead") === true,
    isWritable: fieldOf(object, "isWrite") === true,
    isIs: fieldOf(object, "is") === true,
    openType: openTypeOf(object),
  };
}

function operationOf(object: JavaObject): OperationInfo {
  return {
    ...namesOf(object),
    returnType: textFieldOf(object, "type") ?? "",
    impact: IMPACTS[Number(fieldOf(object, "impact"))] ?? "unknown",
    parameters: objectsIn(object, "signature").map((parameter) => ({
      ...namesOf(parameter),
      type: textFieldOf(parameter, "type") ?? "",
      openType: openTypeOf(parameter),
    })),
  };
}

function notificationOf(object: JavaObject): NotificationInfo {
  const types = fieldOf(object, "types");
  const texts = isJavaArray(types) ? elementsOf(types).filter((type) => typeof type === "string") : [];
  return { ...namesOf(object), types: texts };
}

function namesOf(object: JavaObject): { name: string; description: string } {
  const fields = partOf(object, FEATURE)?.fields;
  const [name, description] = [fields?.get("name"), fields?.get("description")];
  return {
    name: typeof name === "string" ? name : "",
    description: typeof description === "string" ? description : "",
  };
}

/** An open MBean has it as a field; the descriptor of an MXBean's feature, which cannot be read as one, has it among its values. */
function openTypeOf(object: JavaObject): JavaObject | null {
  const field = fieldOf(object, "openType");
  if (isJavaObject(field)) return field;
  const [names, values] = (partOf(object, FEATURE)?.annotation ?? []).filter(isJavaArray);
  const at = names === undefined ? -1 : elementsOf(names).indexOf("openType");
  const value = values === undefined ? undefined : elementsOf(values)[at];
  return isJavaObject(value) ? value : null;
}

function objectsIn(object: JavaObject, field: string): readonly JavaObject[] {
  const array = fieldOf(object, field);
  return isJavaArray(array) ? elementsOf(array).filter(isJavaObject) : [];
}
