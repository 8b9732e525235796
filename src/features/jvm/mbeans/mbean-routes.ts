import type { z } from "zod";
import { messageOf } from "../../../base/errors.ts";
import type { WebContext } from "../../../web/context.ts";
import { pidPath } from "../../../web/pid-path.ts";
import type { RouteTable } from "../../../web/routes.ts";
import type { JmxAccess } from "../access/jmx-access.ts";
import type { AttributeOutcome, JmxClient } from "../jmx/jmx-client.ts";
import { type Json, jsonText } from "../jmx/json.ts";
import { createJsonBudget, type JsonBudget } from "../jmx/json-budget.ts";
import type { AttributeInfo } from "../jmx/mbean-info.ts";
import { toJson } from "../jmx/to-json.ts";
import { checkSecrets, refOf, TALK_REFUSALS, type TalkParts } from "../talk-routes.ts";
import type { AllowList } from "./allow-list.ts";
import { maskJson } from "./mask-json.ts";
import {
  attributeAnswer,
  attributePath,
  listQuery,
  mbeanDetail,
  mbeanList,
  mbeanPath,
  secretsQuery,
} from "./mbean-schema.ts";

/** What the routes of MBeans need. */
export interface MBeanParts extends TalkParts {
  readonly access: JmxAccess;
  readonly allow: AllowList;
}

/** What all routes may answer that reach for MBeans. */
export const MBEAN_REFUSALS = {
  ...TALK_REFUSALS,
  404: { description: "No such process, MBean, attribute or operation." },
  409: { description: "It is no JVM of the app, there is no way to its MBeans, or it refuses." },
  503: { description: "It is not reachable." },
};

const JSON_TYPE = "application/json";
const WAY =
  "By the JMX port of the app where it was started with one, or by the local connector that it has open where the network is shared (level `talk`), else by an agent that is started in it, which only reads (level `modify`), and is removed again.";

/** Adds the routes that read MBeans. */
export function addMBeanRoutes(table: RouteTable, parts: MBeanParts): void {
  addList(table, parts);
  addDetail(table, parts);
  addAttribute(table, parts);
}

function addList(table: RouteTable, { finder, access }: MBeanParts): void {
  table.add(
    "GET",
    "/jvm/{pid}/mbeans",
    {
      ...{ summary: "The MBeans of a JVM by their names", description: WAY },
      ...{ role: "viewer", params: pidPath, query: listQuery },
      responses: { 200: { description: "Names.", content: { [JSON_TYPE]: mbeanList } }, ...MBEAN_REFUSALS },
    },
    async ({ ctx, params, query }) => {
      const jvm = await finder.require(Number(params.pid));
      const names = await access.use(jvm, "read", (client) => client.names(query.query ?? null));
      const sorted = [...names].sort();
      const after = sorted.filter((name) => query.cursor === undefined || name > query.cursor);
      const shown = after.slice(0, Number(query.limit));
      ctx.body = {
        ...{ ...refOf(jvm), total: sorted.length },
        mbeans: shown.map((mbean) => ({ mbean, path: `${ctx.path}/${encodeURIComponent(mbean)}` })),
        next: after.length > shown.length ? (shown.at(-1) ?? null) : null,
      } satisfies z.output<typeof mbeanList>;
    },
  );
}

function addDetail(table: RouteTable, { finder, access, log }: MBeanParts): void {
  table.add(
    "GET",
    "/jvm/{pid}/mbeans/{mbean}",
    {
      ...{ summary: "An MBean of a JVM: its attributes with their values, its operations", description: WAY },
      ...{ role: "viewer", params: mbeanPath, query: secretsQuery },
      responses: {
        200: { description: "The MBean.", content: { [JSON_TYPE]: mbeanDetail } },
        ...MBEAN_REFUSALS,
      },
    },
    async (call) => {
      const { ctx, params, query } = call;
      checkSecrets(call, log);
      const jvm = await finder.require(Number(params.pid));
      const mask = query.secrets === "show" ? unmasked : maskJson;
      const described = await access.use(jvm, "read", (client) => describe(client, params.mbean, mask));
      answerJson(ctx, { ...refOf(jvm), mbean: params.mbean, ...described });
    },
  );
}

function addAttribute(table: RouteTable, { finder, access, log }: MBeanParts): void {
  table.add(
    "GET",
    "/jvm/{pid}/mbeans/{mbean}/attributes/{attribute}",
    {
      ...{ summary: "The value of an attribute of an MBean", description: WAY },
      ...{ role: "viewer", params: attributePath, query: secretsQuery },
      responses: {
        200: { description: "The value.", content: { [JSON_TYPE]: attributeAnswer } },
        ...MBEAN_REFUSALS,
      },
    },
    async (call) => {
      const { ctx, params, query } = call;
      checkSecrets(call, log);
      const { mbean, attribute } = params;
      const jvm = await finder.require(Number(params.pid));
      const value = await access.use(jvm, "read", async (client) =>
        toJson(await client.attribute(mbean, attribute)),
      );
      const shown = query.secrets === "show" ? value : maskJson(attribute, value);
      answerJson(ctx, { ...refOf(jvm), mbean, attribute, value: shown });
    },
  );
}

/** Integers have more digits than the numbers of JSON.stringify. */
export function answerJson(ctx: WebContext, body: Json): void {
  ctx.type = JSON_TYPE;
  ctx.body = jsonText(body);
}

type Mask = (name: string, value: Json) => Json;

function unmasked(_name: string, value: Json): Json {
  return value;
}

async function describe(client: JmxClient, mbean: string, mask: Mask): Promise<Record<string, Json>> {
  const { className, description, attributes, operations, notifications } = await client.info(mbean);
  const readable = attributes.filter(({ isReadable }) => isReadable).map(({ name }) => name);
  const outcomes = await client.attributes(mbean, readable);
  const budget = createJsonBudget();
  return {
    ...{ className, description },
    attributes: attributes.map((info) => {
      const { value, reason } = outcomeToJson(outcomes.get(info.name), budget);
      return attributeToJson(info, mask(info.name, value), reason);
    }),
    operations: operations.map(({ parameters, ...operation }) => ({
      ...operation,
      parameters: parameters.map(({ openType: _, ...parameter }) => parameter),
    })),
    notifications: notifications.map((notification) => ({ ...notification })),
  };
}

function attributeToJson(
  { name, type, description, isReadable, isWritable }: AttributeInfo,
  value: Json,
  reason: string | null,
): Json {
  return { name, type, description, isReadable, isWritable, value, reason };
}

interface Converted {
  readonly value: Json;
  /** Why there is none. */
  readonly reason: string | null;
}

/** One that is too large spoils no other. */
function outcomeToJson(outcome: AttributeOutcome | undefined, budget: JsonBudget): Converted {
  if (outcome === undefined) return { value: null, reason: "it can't be read" };
  const { value, error } = outcome;
  if (error !== undefined) return { value: null, reason: error.message };
  try {
    return { value: budget.attempt(() => toJson(value, { budget })), reason: null };
  } catch (thrown) {
    return { value: null, reason: messageOf(thrown) };
  }
}
