import type { AttributeOutcome, JmxClient } from "../jmx/jmx-client.ts";
import type { JmxError } from "../jmx/jmx-error.ts";
import type { Json } from "../jmx/json.ts";
import { createJsonBudget, type JsonBudget } from "../jmx/json-budget.ts";
import { parseObjectName } from "../jmx/object-name.ts";
import { illegalArgument, JolokiaError, jolokiaErrorOf } from "./jolokia-error.ts";
import { type JolokiaSource, jolokiaJson } from "./jolokia-json.ts";
import type { ReadRequest } from "./jolokia-request.ts";
import type { JolokiaOptions } from "./request-options.ts";
import { shownName } from "./shown-name.ts";
import { valueAt } from "./value-path.ts";

/** Reads attributes: the value of one, or those of several by their names; of several MBeans by theirs. */
export async function answerRead(source: JolokiaSource, request: ReadRequest): Promise<Json> {
  const { client, mask } = source;
  const { mbean, attribute, path, options } = request;
  const { isPattern } = parseObjectName(mbean);
  if (isPattern) return valueAt(await readPattern(source, request), path);
  if (typeof attribute === "string") {
    const java = await client.attribute(mbean, attribute);
    const found = valueAt(mask(attribute, jolokiaJson(java, options)), path);
    if (found !== null || path.at(-1) !== "time") return found;
    return valueAt(mask(attribute, jolokiaJson(java, options, { hasDatesInParts: true })), path);
  }
  return valueAt(
    await readSeveral(source, mbean, attribute ?? (await readableOf(client, mbean)), options),
    path,
  );
}

async function readPattern(source: JolokiaSource, { mbean, attribute, options }: ReadRequest): Promise<Json> {
  const { client } = source;
  const found = await client.names(mbean);
  if (found.length === 0) {
    const message = `No MBean with pattern ${mbean} found for reading attributes`;
    throw new JolokiaError(404, "javax.management.InstanceNotFoundException", message);
  }
  const wanted = typeof attribute === "string" ? [attribute] : attribute;
  const all: [string, Json][] = [];
  for (const name of found) {
    const readable = await readableOf(client, name);
    const names = wanted === null ? readable : wanted.filter((one) => readable.includes(one));
    if (names.length === 0) continue;
    all.push([shownName(name, options), await readSeveral(source, name, names, options)]);
  }
  if (all.length === 0) {
    throw illegalArgument(
      `No matching attributes [${wanted?.join(", ")}] found on MBeans [${found.join(", ")}]`,
    );
  }
  return Object.fromEntries(all);
}

async function readableOf(client: JmxClient, mbean: string): Promise<readonly string[]> {
  const { attributes } = await client.info(mbean);
  return attributes.filter(({ isReadable }) => isReadable).map(({ name }) => name);
}

async function readSeveral(
  { client, mask }: JolokiaSource,
  mbean: string,
  names: readonly string[],
  options: JolokiaOptions,
): Promise<Json> {
  const outcomes = await client.attributes(mbean, names);
  const budget = createJsonBudget();
  return Object.fromEntries(
    [...outcomes].map(([name, outcome]) => [name, mask(name, outcomeToJson(outcome, options, budget))]),
  );
}

function outcomeToJson(
  { value, error }: AttributeOutcome,
  options: JolokiaOptions,
  budget: JsonBudget,
): Json {
  if (error === undefined) return jolokiaJson(value, options, { budget });
  if (!options.ignoreErrors) throw error;
  return ignored(error);
}

/** What Jolokia writes in place of a value. */
function ignored(error: JmxError): string {
  const { errorType, message } = jolokiaErrorOf(error);
  const outer = error.chain.find(({ className }) => !className.startsWith("java.rmi."));
  return `ERROR: ${errorType}: ${message} (class ${outer?.className ?? errorType})`;
}
