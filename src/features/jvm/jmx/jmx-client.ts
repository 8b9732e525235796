import { javaArray, stringArray } from "../serialization/build-values.ts";
import { listOf } from "../serialization/collections.ts";
import {
  elementsOf,
  fieldOf,
  isJavaArray,
  isJavaObject,
  type JavaValue,
  textFieldOf,
} from "../serialization/java-values.ts";
import { JmxError, jmxErrorOf } from "./jmx-error.ts";
import { METHODS } from "./jmx-methods.ts";
import { type JmxOptions, openJmxSession } from "./jmx-session.ts";
import { attribute, marshalled, objectName, objectNameOf } from "./jmx-values.ts";
import { type MBeanInfo, mbeanInfoOf } from "./mbean-info.ts";
import { createJmxListener, type JmxListener } from "./notifications.ts";

/** The MBeans of one JVM. All of it throws a {@link JmxError}. */
export interface JmxClient extends AsyncDisposable {
  domains(): Promise<readonly string[]>;
  /** The names that match a pattern; null for all. */
  names(pattern: string | null): Promise<readonly string[]>;
  info(mbean: string): Promise<MBeanInfo>;
  attribute(mbean: string, name: string): Promise<JavaValue>;
  /** Reads several at once, and one by one where the JVM can't give them together: one that fails spoils no other. */
  attributes(mbean: string, names: readonly string[]): Promise<ReadonlyMap<string, AttributeOutcome>>;
  setAttribute(mbean: string, name: string, value: JavaValue): Promise<void>;
  /**
   * Calls an operation.
   * @param signature the classes and primitives of its parameters.
   */
  invoke(
    mbean: string,
    operation: string,
    args: readonly JavaValue[],
    signature: readonly string[],
  ): Promise<JavaValue>;
  isInstanceOf(mbean: string, className: string): Promise<boolean>;
  /** Makes one that hears what MBeans notify of. */
  listen(): JmxListener;
}

/** What reading an attribute has come to. */
export type AttributeOutcome =
  | { readonly value: JavaValue; readonly error?: undefined }
  | { readonly error: JmxError; readonly value?: undefined };

/**
 * Connects to a JVM, and keeps the login until it is disposed of.
 * @throws {JmxError}
 */
export async function connectJmx(options: JmxOptions): Promise<JmxClient> {
  const session = await openJmxSession(options);
  const { call } = session;
  const readOne = async (mbean: string, name: string): Promise<AttributeOutcome> => {
    try {
      return { value: await call(METHODS.getAttribute, [objectName(mbean), name, null]) };
    } catch (error) {
      const failure = jmxErrorOf(error);
      // Of these the next attribute would fail, too.
      if (GENERAL.has(failure.failure)) throw failure;
      return { error: failure };
    }
  };
  const readTogether = async (mbean: string, names: readonly string[]): Promise<Map<string, JavaValue>> => {
    try {
      const list = await call(METHODS.getAttributes, [objectName(mbean), stringArray(names), null]);
      return attributesIn(list);
    } catch (error) {
      const failure = jmxErrorOf(error);
      if (GENERAL.has(failure.failure)) throw failure;
      return new Map();
    }
  };
  return {
    domains: async () => textsIn(await call(METHODS.getDomains, [null])),
    async names(pattern) {
      const found = await call(METHODS.queryNames, [
        pattern === null ? null : objectName(pattern),
        null,
        null,
      ]);
      return listOf(found).flatMap((name) => objectNameOf(name) ?? []);
    },
    async info(mbean) {
      const info = mbeanInfoOf(await call(METHODS.getMBeanInfo, [objectName(mbean), null]));
      return info ?? notWhatWasAsked("the description of an MBean");
    },
    attribute: (mbean, name) => call(METHODS.getAttribute, [objectName(mbean), name, null]),
    async attributes(mbean, names) {
      const outcomes = new Map<string, AttributeOutcome>();
      const together = names.length > 1 ? await readTogether(mbean, names) : new Map<string, JavaValue>();
      for (const name of names) {
        // The JVM leaves out what fails, and only alone says why.
        const value = together.get(name);
        outcomes.set(name, value === undefined ? await readOne(mbean, name) : { value });
      }
      return outcomes;
    },
    async setAttribute(mbean, name, value) {
      await call(METHODS.setAttribute, [objectName(mbean), marshalled(attribute(name, value)), null]);
    },
    invoke(mbean, operation, args, signature) {
      const wrapped = marshalled(javaArray("[Ljava.lang.Object;", args));
      return call(METHODS.invoke, [objectName(mbean), operation, wrapped, stringArray(signature), null]);
    },
    async isInstanceOf(mbean, className) {
      return (await call(METHODS.isInstanceOf, [objectName(mbean), className, null])) === true;
    },
    listen: () => createJmxListener(session),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** What no attribute is to blame for. */
const GENERAL: ReadonlySet<string> = new Set([
  "unreachable",
  "timeout",
  "closed",
  "login-refused",
  "no-such-mbean",
]);

function attributesIn(list: JavaValue): Map<string, JavaValue> {
  const values = new Map<string, JavaValue>();
  for (const entry of listOf(list)) {
    const name = isJavaObject(entry) ? textFieldOf(entry, "name") : undefined;
    if (isJavaObject(entry) && name !== undefined) values.set(name, fieldOf(entry, "value") ?? null);
  }
  return values;
}

function textsIn(array: JavaValue): readonly string[] {
  if (!isJavaArray(array)) return notWhatWasAsked("a list of texts");
  return elementsOf(array).filter((text) => typeof text === "string");
}

function notWhatWasAsked(expected: string): never {
  throw new JmxError("bad-answer", `the JVM's answer is not ${expected}`);
}
