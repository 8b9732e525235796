import type { JmxClient } from "../jmx/jmx-client.ts";
import { isJsonArray, isJsonObject, type Json, jsonText } from "../jmx/json.ts";
import type { MBeanInfo, OperationInfo } from "../jmx/mbean-info.ts";
import { canonicalName, parseObjectName } from "../jmx/object-name.ts";
import { illegalArgument } from "./jolokia-error.ts";
import type { ListRequest } from "./jolokia-request.ts";
import type { JolokiaOptions } from "./request-options.ts";

/** Describes the MBeans: by domain, then by their properties; a path leads to a part of that. */
export async function answerList(client: JmxClient, { path, options }: ListRequest): Promise<Json> {
  const [domain, properties, ...rest] = path;
  const names = await client.names(domain === undefined ? null : `${domain}:*`);
  const domains = new Map<string, [string, Json][]>();
  for (const name of names) {
    const { domain: own } = parseObjectName(name);
    const key = propertiesOf(name, options);
    if (properties !== undefined && key !== properties) continue;
    const members = domains.get(own) ?? [];
    domains.set(own, members);
    members.push([key, isCutAt(options, path, 2) ? 1 : describe(await client.info(name), name, options)]);
  }
  const all = Object.fromEntries(
    [...domains].map(([name, members]): [string, Record<string, Json>] => [
      name,
      Object.fromEntries(members),
    ]),
  );
  if (options.listCache && domain === undefined && options.maxDepth === undefined) return shared(all);
  const found = find(all, path, properties === undefined ? [] : rest);
  return options.maxDepth === undefined ? found : cut(found, options.maxDepth);
}

/** Whether nothing below a level is shown: then no MBean needs to be asked. */
function isCutAt({ maxDepth }: JolokiaOptions, path: readonly string[], level: number): boolean {
  return maxDepth !== undefined && path.length + maxDepth <= level;
}

function find(all: Json, path: readonly string[], rest: readonly string[]): Json {
  const [domain, properties] = path;
  if (domain === undefined) return all;
  const members = memberOf(all, domain);
  if (properties === undefined) return members ?? {};
  const mbean = memberOf(members, properties);
  if (mbean === undefined)
    throw illegalArgument(`Invalid path within the MBean part given. (Path: ${path.join("/")})`);
  let found: Json | undefined = mbean;
  for (const part of rest) found = memberOf(found, part);
  if (found === undefined) throw illegalArgument("Path given but extracted value is empty");
  return found;
}

/** A member that JSON has, and not one of JavaScript's own such as `constructor`. */
function memberOf(json: Json | undefined, name: string): Json | undefined {
  return isJsonObject(json) && Object.hasOwn(json, name) ? json[name] : undefined;
}

function propertiesOf(name: string, { canonicalNaming }: JolokiaOptions): string {
  const parsed = parseObjectName(name);
  return (canonicalNaming ? canonicalName(parsed) : name).slice(parsed.domain.length + 1);
}

/** What several MBeans have the same is there once, and they name it. */
function shared(all: Readonly<Record<string, Readonly<Record<string, Json>>>>): Json {
  const texts = new Map<string, number>();
  for (const text of Object.values(all).flatMap((members) => Object.values(members).map(jsonText)))
    texts.set(text, (texts.get(text) ?? 0) + 1);
  const keys = new Map(
    [...texts].filter(([, count]) => count > 1).map(([text], at) => [text, `shared-${at + 1}`]),
  );
  const cache: Record<string, Json> = {};
  const domains = Object.entries(all).map(([domain, members]) => [
    domain,
    Object.fromEntries(
      Object.entries(members).map(([properties, described]) => {
        const key = keys.get(jsonText(described));
        if (key !== undefined) cache[key] = described;
        return [properties, key ?? described];
      }),
    ),
  ]);
  return { cache, domains: Object.fromEntries(domains) };
}

function describe(info: MBeanInfo, name: string, { listKeys }: JolokiaOptions): Json {
  const attributes = info.attributes.map(({ name, type, description, isWritable }): [string, Json] => [
    name,
    { rw: isWritable, type, desc: description },
  ]);
  const operations = [...Map.groupBy(info.operations, ({ name }) => name)].map(
    ([name, same]): [string, Json] => {
      const described = same.map(describeOperation);
      return [name, described.length === 1 ? (described[0] ?? null) : described];
    },
  );
  const notifications = info.notifications.map(({ name, description, types }): [string, Json] => [
    name,
    { name, desc: description, types },
  ]);
  return {
    ...group("attr", attributes),
    ...group("op", operations),
    ...group("notif", notifications),
    class: info.className,
    desc: info.description,
    ...(listKeys ? { keys: Object.fromEntries(parseObjectName(name).properties) } : {}),
  };
}

function describeOperation({ parameters, returnType, description }: OperationInfo): Json {
  const args = parameters.map((parameter) => ({
    name: parameter.name,
    type: parameter.type,
    desc: parameter.description,
  }));
  return { args, ret: returnType, desc: description };
}

/** What an MBean has none of is not there. */
function group(name: string, members: readonly [string, Json][]): Record<string, Json> {
  return members.length === 0 ? {} : { [name]: Object.fromEntries(members) };
}

function cut(json: Json, depth: number): Json {
  if (isJsonArray(json) || !isJsonObject(json)) return json;
  if (depth === 0) return 1;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, cut(value, depth - 1)]));
}
