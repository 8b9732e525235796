import { MASK } from "../../../base/secrets.ts";
import { describedType } from "../jmx/described-type.ts";
import { fromJson } from "../jmx/from-json.ts";
import type { JmxClient } from "../jmx/jmx-client.ts";
import type { Json } from "../jmx/json.ts";
import { isPrimitive } from "../jmx/json-scalars.ts";
import type { AttributeInfo, OperationInfo } from "../jmx/mbean-info.ts";
import { replaceWithin } from "../jmx/replace-within.ts";
import { holdsMask } from "../mbeans/mask-json.ts";
import type { JavaValue } from "../serialization/java-values.ts";
import { illegalArgument, JolokiaError } from "./jolokia-error.ts";
import { type JolokiaSource, jolokiaJson } from "./jolokia-json.ts";
import type { ExecRequest, WriteRequest } from "./jolokia-request.ts";
import { valueAt } from "./value-path.ts";

/** Sets an attribute, or what is at a path within its value; gives what it was. */
export async function answerWrite({ client, mask }: JolokiaSource, request: WriteRequest): Promise<Json> {
  const { mbean, attribute, path, options } = request;
  requireNoMask(request.value);
  const info = (await client.info(mbean)).attributes.find(({ name }) => name === attribute);
  if (info === undefined) {
    throw new JolokiaError(
      404,
      "javax.management.AttributeNotFoundException",
      `No such attribute: ${attribute}`,
    );
  }
  const old = info.isReadable ? await client.attribute(mbean, attribute) : null;
  // That it can't be set, the JVM says itself.
  const java = info.isWritable ? await newValue(client, request, info, old) : null;
  await client.setAttribute(mbean, attribute, java);
  return valueAt(mask(attribute, jolokiaJson(old, options)), path);
}

async function newValue(
  client: JmxClient,
  { mbean, value, path: [part, ...rest] }: WriteRequest,
  info: AttributeInfo,
  old: JavaValue,
): Promise<JavaValue> {
  if (part !== undefined) return replaceWithin(old, [part, ...rest], value);
  if (value === null && isPrimitive(info.type))
    throw illegalArgument(`Invalid value null for attribute ${info.name}, MBean ${mbean}`);
  return fromJson(fromText(value, info.type), info.type, await describedType(client, mbean, info));
}

/** What is shown to clients has masks in place of secrets: those must not be written back. */
function requireNoMask(value: Json): void {
  if (holdsMask(value))
    throw illegalArgument(`A mask (${MASK}) where a secret is not shown: send the real value`);
}

/** Calls an operation; gives its result. */
export async function answerExec({ client, mask }: JolokiaSource, request: ExecRequest): Promise<Json> {
  const { mbean, args, options } = request;
  requireNoMask(args);
  const { name, parameters } = findOperation((await client.info(mbean)).operations, request);
  if (parameters.length !== args.length) {
    const counts = `requires ${parameters.length} parameters, not ${args.length} as given`;
    throw illegalArgument(
      `Invalid number of operation arguments. Operation ${request.operation} on ${mbean} ${counts}`,
    );
  }
  const values = parameters.map(({ type, openType }, index) =>
    fromJson(fromText(args[index] ?? null, type), type, openType),
  );
  const types = parameters.map(({ type }) => type);
  return mask(name, jolokiaJson(await client.invoke(mbean, name, values, types), options));
}

function findOperation(
  operations: readonly OperationInfo[],
  { mbean, operation }: ExecRequest,
): OperationInfo {
  const [, name = operation, signature] = /^([^(]*)\((.*)\)$/.exec(operation) ?? [];
  const named = operations.filter((one) => one.name === name);
  const fitting = named.filter(
    (one) => signature === undefined || signatureOf(one) === signature.replaceAll(" ", ""),
  );
  const [found] = fitting;
  if (named.length === 0) throw illegalArgument(`No operation ${name} found on MBean ${mbean}`);
  if (found === undefined) {
    throw illegalArgument(
      `No operation ${operation} on MBean ${mbean} exists. Known signatures: ${signaturesOf(named)}`,
    );
  }
  if (fitting.length === 1) return found;
  throw illegalArgument(
    `Operation ${name} on MBean ${mbean} is overloaded. Signatures found: ${signaturesOf(named)}. Use a signature when specifying the operation.`,
  );
}

function signatureOf({ parameters }: OperationInfo): string {
  return parameters.map(({ type }) => type).join(",");
}

function signaturesOf(operations: readonly OperationInfo[]): string {
  return operations.map((operation) => `(${signatureOf(operation)})`).join(",");
}

/** In a path, the elements of an array have commas between them, and JSON is text. */
function fromText(value: Json, type: string): Json {
  if (typeof value !== "string" || !type.startsWith("[")) return value;
  return value === "" ? [] : value.split(",");
}
