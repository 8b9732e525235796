import { describe, expect, test } from "vitest";
import { jmxErrorOf } from "../../../../src/features/jvm/jmx/jmx-error.ts";
import { RemoteException } from "../../../../src/features/jvm/rmi/rmi-error.ts";
import { javaClass, javaObject, part } from "../../../../src/features/jvm/serialization/build-values.ts";
import type { JavaValue } from "../../../../src/features/jvm/serialization/java-values.ts";

const MBEAN_EXCEPTION = "javax.management.MBeanException";
const RUNTIME_EXCEPTION = "javax.management.RuntimeMBeanException";
const ERROR_EXCEPTION = "javax.management.RuntimeErrorException";
const REFLECTION_EXCEPTION = "javax.management.ReflectionException";

/** A throwable of the first class, caused by one of the second, and so on. */
function chainOf([name, ...causes]: readonly string[]): JavaValue {
  if (name === undefined) return null;
  const type = javaClass(name, 0n, ["Ljava/lang/Throwable; cause", "Ljava/lang/String; detailMessage"]);
  return javaObject(type, part({ cause: chainOf(causes), detailMessage: `by ${name}` }));
}

describe("What a JVM throws", () => {
  test.each([
    ["javax.management.InstanceNotFoundException", "no-such-mbean"],
    ["javax.management.AttributeNotFoundException", "no-such-attribute"],
    ["javax.management.InvalidAttributeValueException", "invalid-value"],
    ["java.lang.SecurityException", "forbidden"],
    ["java.lang.NoSuchMethodException", "no-such-operation"],
    ["java.io.NotSerializableException", "not-serializable"],
  ])("as %s means %s, but not where the MBean's own code threw it", (name, failure) => {
    const failureOf = (...names: readonly string[]) =>
      jmxErrorOf(new RemoteException(chainOf(names))).failure;
    expect(failureOf(name)).toBe(failure);
    expect(failureOf("java.rmi.ServerException", "java.rmi.UnmarshalException", name)).toBe(failure);
    expect(failureOf(REFLECTION_EXCEPTION, name)).toBe(failure);
    // What it says of itself stays, whatever was the cause of that.
    expect(failureOf(name, MBEAN_EXCEPTION)).toBe(failure);
    for (const wrapper of [MBEAN_EXCEPTION, RUNTIME_EXCEPTION, ERROR_EXCEPTION]) {
      expect(failureOf(wrapper, name)).toBe("threw");
      expect(failureOf(wrapper, "java.lang.IllegalStateException", name)).toBe("threw");
    }
    expect(failureOf(REFLECTION_EXCEPTION, "java.lang.reflect.InvocationTargetException", name)).toBe(
      "threw",
    );
  });

  test("in the midst of a reply means that the value can't leave it, whatever it was", () => {
    for (const names of [
      ["java.io.NotSerializableException"],
      ["java.io.IOException", "javax.management.InstanceNotFoundException"],
      [RUNTIME_EXCEPTION],
    ]) {
      expect(jmxErrorOf(new RemoteException(chainOf(names), true)).failure).toBe("not-serializable");
    }
  });
});
