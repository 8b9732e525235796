import type { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import { MASK } from "../../../base/secrets.ts";
import { bodyType, readBody } from "../../../web/body.ts";
import type { WebContext } from "../../../web/context.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { jmxProblem } from "../access/jmx-problem.ts";
import { describedType } from "../jmx/described-type.ts";
import { fromJson } from "../jmx/from-json.ts";
import type { JmxClient } from "../jmx/jmx-client.ts";
import { type Json, parseJson } from "../jmx/json.ts";
import type { OperationInfo } from "../jmx/mbean-info.ts";
import { toJson } from "../jmx/to-json.ts";
import type { Jvm } from "../jvm-finder.ts";
import { refOf } from "../talk-routes.ts";
import { requireTouch } from "../touch.ts";
import { allowRemedy, type Member } from "./allow-list.ts";
import { holdsMask, maskJson } from "./mask-json.ts";
import { answerJson, MBEAN_REFUSALS, type MBeanParts } from "./mbean-routes.ts";
import {
  attributeAnswer,
  attributePath,
  attributeRequest,
  operationAnswer,
  operationPath,
  operationRequest,
} from "./mbean-schema.ts";

const JSON_TYPE = "application/json";
const MAX_BODY_BYTES = 1_048_576;
const RULES = "Only what `jvm.jmx.allow` names; takes the level `modify`. Logged.";
const REFUSALS = {
  ...MBEAN_REFUSALS,
  403: { description: "The settings do not allow it (`jvm.touch`, `jvm.jmx.allow`)." },
  422: { description: "The value is none that it takes." },
};

/** Adds the routes that change MBeans. */
export function addChangeRoutes(table: RouteTable, parts: MBeanParts): void {
  addSet(table, parts);
  addInvoke(table, parts);
}

function addSet(table: RouteTable, parts: MBeanParts): void {
  table.add(
    "PUT",
    "/jvm/{pid}/mbeans/{mbean}/attributes/{attribute}",
    {
      ...{ summary: "Set an attribute of an MBean", description: RULES },
      ...{ role: "operator", params: attributePath, body: { [JSON_TYPE]: attributeRequest } },
      responses: {
        200: {
          description: "It is set; its value now, null where it can't be read.",
          content: { [JSON_TYPE]: attributeAnswer },
        },
        ...REFUSALS,
      },
    },
    async ({ ctx, params, principal }) => {
      const { mbean, attribute } = params;
      const jvm = await parts.finder.require(Number(params.pid));
      requireAllowed(parts, jvm, mbean, { kind: "attributes", name: attribute });
      const { value: wanted } = await readBodyJson(ctx, attributeRequest, '{"value": true}');
      requireNoMask(wanted);
      const { requestId } = ctx.state;
      parts.log.info(
        { audit: "jvm.mbean-set", user: principal.name, ...refOf(jvm), mbean, attribute, requestId },
        "an attribute of an MBean is set",
      );
      const value = await parts.access.use(jvm, "change", (client) =>
        setAttribute(client, mbean, attribute, wanted),
      );
      answerJson(ctx, { ...refOf(jvm), mbean, attribute, value: maskJson(attribute, value) });
    },
  );
}

function addInvoke(table: RouteTable, parts: MBeanParts): void {
  table.add(
    "POST",
    "/jvm/{pid}/mbeans/{mbean}/operations/{operation}",
    {
      ...{ summary: "Call an operation of an MBean", description: `The body may be left out. ${RULES}` },
      ...{ role: "operator", params: operationPath, body: { [JSON_TYPE]: operationRequest } },
      responses: {
        200: { description: "What it has given.", content: { [JSON_TYPE]: operationAnswer } },
        ...REFUSALS,
      },
    },
    async ({ ctx, params, principal }) => {
      const { mbean, operation } = params;
      const jvm = await parts.finder.require(Number(params.pid));
      const [name = operation] = operation.split("(", 1);
      requireAllowed(parts, jvm, mbean, { kind: "operations", name });
      const request =
        ctx.get("Content-Type") === ""
          ? operationRequest.parse({})
          : await readBodyJson(ctx, operationRequest, '{"arguments": []}');
      requireNoMask(request.arguments);
      const { requestId } = ctx.state;
      parts.log.info(
        { audit: "jvm.mbean-invoke", user: principal.name, ...refOf(jvm), mbean, operation, requestId },
        "an operation of an MBean is called",
      );
      const result = await parts.access.use(jvm, "change", (client) =>
        invoke(client, mbean, operation, request.arguments),
      );
      answerJson(ctx, { ...refOf(jvm), mbean, operation, result: maskJson(name, result) });
    },
  );
}

/** @throws {AppError} `touch-not-allowed` or `mbean-not-allowed` with the line that allows it. */
function requireAllowed({ touch, allow }: MBeanParts, jvm: Jvm, mbean: string, member: Member): void {
  requireTouch(touch, "modify");
  try {
    if (allow.allows(mbean, member)) return;
  } catch (error) {
    throw jmxProblem(error, jvm);
  }
  throw new AppError("mbean-not-allowed", `jvm.jmx.allow does not name ${member.name} of ${mbean}.`, {
    remedy: allowRemedy(mbean, member),
  });
}

/** @throws {AppError} `content-invalid` where the mask of a secret came back in its place. */
function requireNoMask(value: Json): void {
  if (!holdsMask(value)) return;
  throw new AppError("content-invalid", `The value holds a mask (${MASK}) where a secret is not shown.`, {
    remedy:
      "Send the real value: GET jvm/{pid}/mbeans/{mbean}/attributes/{attribute}?secrets=show shows operators what it is.",
  });
}

async function setAttribute(client: JmxClient, mbean: string, name: string, value: Json): Promise<Json> {
  const info = (await client.info(mbean)).attributes.find((one) => one.name === name);
  if (info === undefined) throw notThere(`MBean ${mbean} has no attribute ${name}`);
  if (!info.isWritable) throw new AppError("conflict", `The attribute ${name} of ${mbean} can't be set.`);
  const openType = await describedType(client, mbean, info);
  await client.setAttribute(mbean, name, fromJson(value, info.type, openType));
  return info.isReadable ? toJson(await client.attribute(mbean, name)) : null;
}

async function invoke(
  client: JmxClient,
  mbean: string,
  operation: string,
  args: readonly Json[],
): Promise<Json> {
  const { name, parameters } = findOperation((await client.info(mbean)).operations, operation, mbean);
  if (parameters.length !== args.length) {
    throw new AppError(
      "content-invalid",
      `${operation} takes ${parameters.length} arguments, not ${args.length}.`,
      {
        remedy: JSON.stringify({ arguments: parameters.map(({ type }) => `<${type}>`) }),
      },
    );
  }
  const values = parameters.map(({ type, openType }, at) => fromJson(args[at] ?? null, type, openType));
  const types = parameters.map(({ type }) => type);
  return toJson(await client.invoke(mbean, name, values, types));
}

function findOperation(all: readonly OperationInfo[], wanted: string, mbean: string): OperationInfo {
  const named = all.filter(({ name }) => name === wanted.split("(", 1)[0]);
  const fitting = wanted.includes("(")
    ? named.filter((one) => signed(one) === wanted.replaceAll(" ", ""))
    : named;
  const [found] = fitting;
  if (found === undefined) throw notThere(`MBean ${mbean} has no operation ${wanted}`);
  if (fitting.length === 1) return found;
  throw new AppError("conflict", `MBean ${mbean} has several operations ${wanted}.`, {
    remedy: `Name one of them: ${fitting.map(signed).join(" or ")}`,
  });
}

function signed({ name, parameters }: OperationInfo): string {
  return `${name}(${parameters.map(({ type }) => type).join(",")})`;
}

function notThere(what: string): AppError {
  return new AppError("not-found", `${what}.`, { remedy: "GET jvm/{pid}/mbeans/{mbean} tells what it has." });
}

/** As `readJson`, with all digits of integers. */
async function readBodyJson<S extends z.ZodType>(
  ctx: WebContext,
  schema: S,
  example: string,
): Promise<z.output<S>> {
  bodyType(ctx, [JSON_TYPE]);
  const text = (await readBody(ctx, MAX_BODY_BYTES)).toString("utf8");
  let json: Json;
  try {
    json = parseJson(text);
  } catch (error) {
    throw new AppError("bad-request", "The body is no JSON.", { cause: error, remedy: example });
  }
  const checked = schema.safeParse(json);
  if (checked.success) return checked.data;
  const detail = checked.error.issues.map(({ message }) => message).join("; ");
  throw new AppError("content-invalid", `${detail}.`, { remedy: example });
}
