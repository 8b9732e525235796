import { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import { bodyType, readBody } from "../../../web/body.ts";
import type { Principal, WebContext } from "../../../web/context.ts";
import { pidPath } from "../../../web/pid-path.ts";
import type { RouteTable } from "../../../web/routes.ts";
import type { Jvm } from "../jvm-finder.ts";
import { maskJson } from "../mbeans/mask-json.ts";
import { answerJson, MBEAN_REFUSALS, type MBeanParts } from "../mbeans/mbean-routes.ts";
import { sendNotifications } from "../notifications/send-notifications.ts";
import { createJolokia, type Jolokia, type JolokiaAnswer } from "./answer-jolokia.ts";
import { createDenial } from "./denial.ts";
import type { JolokiaRooms } from "./jolokia-rooms.ts";

/** What the routes of Jolokia's protocol need. */
export interface JolokiaRouteParts extends MBeanParts {
  /** Of the sidecar. */
  readonly version: string;
  readonly rooms: JolokiaRooms;
}

const JSON_TYPE = "application/json";
const MAX_BODY_BYTES = 1_048_576;
const option = z.string().max(256).optional();
/** What clients of Jolokia send; what has no meaning here is taken and not heeded. */
const jolokiaQuery = z.object({
  p: z.string().max(16_384).optional().describe("The request, where it is not in the path: `/read/<mbean>`."),
  maxDepth: option.describe("How many levels are shown: what is below is text."),
  maxObjects: option.describe("How many values are shown."),
  maxCollectionSize: option.describe("How many elements of an array, a collection or a map, or names found."),
  ignoreErrors: option.describe("`true`: what can't be read is there as text."),
  canonicalNaming: option.describe("`false`: names as the JVM has them."),
  includeRequest: option.describe("`false`: the answer does not repeat the request."),
  serializeLong: option.describe("`string`: each `long` is text."),
  includeStackTrace: option.describe(
    "`true`: failures have Java's stack trace; `runtime`: RuntimeExceptions do.",
  ),
  serializeException: option.describe("`true`: failures have the exception as `error_value`."),
  ifModifiedSince: option.describe(
    "Seconds since 1970: list and search say 304 where the names are the same.",
  ),
  listKeys: option.describe("`true`: a list has the properties of each name one by one, as `keys`."),
  listCache: option.describe("`true`: what MBeans have the same is once in a list: `domains` and `cache`."),
  mimeType: option.describe("`text/plain`: the answer says that it is text."),
  ...{ openTypes: option, listInterfaces: option },
});
const everything = z.string().optional().describe("A request: `read/java.lang:type=Memory/HeapMemoryUsage`.");
const mainPath = z.object({ path: everything });
const jvmPath = pidPath.extend({ path: everything });
const DESCRIPTION =
  "Jolokia's protocol, version 7.3: read, search, list, version, notification; write and exec for operators where `jvm.jmx.allow` names what is changed. The status of each answer is within it. `notification/open` gives a stream of events (`text/event-stream`).";
const RESPONSES = {
  200: {
    description: "What Jolokia answers.",
    content: { [JSON_TYPE]: z.unknown(), "text/event-stream": null },
  },
  ...MBEAN_REFUSALS,
};

/** Adds the routes: those of the main JVM, and those of each. */
export function addJolokiaRoutes(table: RouteTable, parts: JolokiaRouteParts): void {
  addFor(table, parts, {
    at: "",
    of: "the first JVM of the app",
    params: mainPath,
    jvmOf: () => mainJvm(parts),
  });
  addFor(table, parts, {
    ...{ at: "/jvm/{pid}", of: "a JVM", params: jvmPath },
    jvmOf: ({ pid }) => parts.finder.require(Number(pid)),
  });
}

interface Place<P extends z.ZodObject> {
  readonly at: string;
  readonly of: string;
  readonly params: P;
  jvmOf(params: z.output<P>): Promise<Jvm>;
}

function addFor<P extends typeof mainPath>(
  table: RouteTable,
  parts: JolokiaRouteParts,
  place: Place<P>,
): void {
  const { at, of, params: paramsSchema, jvmOf } = place;
  const common = {
    role: "viewer" as const,
    description: DESCRIPTION,
    query: jolokiaQuery,
    responses: RESPONSES,
  };
  for (const path of [`${at}/jolokia`, `${at}/jolokia/{path*}`]) {
    const params = path.endsWith("}") ? paramsSchema : paramsSchema.omit({ path: true });
    table.add(
      "GET",
      path,
      { ...common, params, summary: `Ask ${of} as clients of Jolokia do` },
      async ({ ctx, params: given, query, principal }) => {
        const asked = paramsSchema.parse(given);
        const options = optionsIn(query);
        await answer(ctx, parts, { jvm: await jvmOf(asked), principal }, (jolokia) =>
          jolokia.answerPath(query.p ?? asked.path ?? "", options),
        );
      },
    );
    table.add(
      "POST",
      path,
      {
        ...{ ...common, params, body: { [JSON_TYPE]: z.unknown() } },
        summary: `Ask ${of} as clients of Jolokia do, several things at once too`,
      },
      async ({ ctx, params: given, query, principal }) => {
        bodyType(ctx, [JSON_TYPE, "text/json"]);
        const body = (await readBody(ctx, MAX_BODY_BYTES)).toString("utf8");
        const jvm = await jvmOf(paramsSchema.parse(given));
        await answer(ctx, parts, { jvm, principal }, (jolokia) => jolokia.answerBody(body, optionsIn(query)));
      },
    );
  }
}

/** Answers with what Jolokia would, by the client that reads, and for what changes something by the other. */
async function answer(
  ctx: WebContext,
  parts: JolokiaRouteParts,
  { jvm, principal }: { readonly jvm: Jvm; readonly principal: Principal },
  ask: (jolokia: Jolokia) => Promise<JolokiaAnswer>,
): Promise<void> {
  const given = await parts.access.use(jvm, "read", (client, changer) =>
    ask(
      createJolokia({
        client: {
          ...client,
          setAttribute: async (...change) => (await changer()).setAttribute(...change),
          invoke: async (...call) => (await changer()).invoke(...call),
        },
        version: parts.version,
        ...parts.rooms.of(jvm),
        mask: maskJson,
        denial: createDenial(ctx, parts, jvm, principal),
        failed: (error) => parts.access.failed(jvm, error),
      }),
    ),
  );
  if (given.kind === "events") {
    sendNotifications(ctx, given.open);
    return;
  }
  answerJson(ctx, given.json);
  if (ctx.query["mimeType"] === "text/plain") ctx.type = "text/plain";
}

async function mainJvm({ finder }: JolokiaRouteParts): Promise<Jvm> {
  const { core, jvms } = await finder.list();
  const [jvm] = jvms;
  if (jvm !== undefined) return jvm;
  const reason = core.kind === "missing" ? core.reason : "None of the app's processes is a JVM.";
  throw new AppError("not-a-jvm", reason, { remedy: core.kind === "missing" ? core.remedy : "GET jvm" });
}

function optionsIn({ p: _, ...query }: z.output<typeof jolokiaQuery>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
