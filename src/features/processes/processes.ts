import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";
import { readExecutable } from "../../linux/proc.ts";
import type { Settings } from "../../settings/schema.ts";
import type { WebContext } from "../../web/context.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { Page } from "../../web/page.ts";
import type { RouteCall, RouteTable } from "../../web/routes.ts";
import { type CapabilityPart, capabilityOf, type Feature } from "../feature.ts";
import { detailProcess } from "./detail-process.ts";
import { listProcesses } from "./list-processes.ts";
import { detailPage, detailText, listPage, listText } from "./process-forms.ts";
import { processDetail, processList } from "./process-schema.ts";

/** The feature `processes`: what runs in the shared PID namespace, read from /proc. */

/** What the feature needs. */
export interface ProcessesDeps {
  readonly coreProcess: CoreProcessFinder;
  /** Where it is written down that someone has seen unmasked command lines. */
  readonly log?: Logger;
}

const DESCRIPTION =
  "Secrets in command lines are masked by the names of their options; one under a harmless name is not found. CPU is the average since the start of each process. A process that ends while it is read is left out.";

const query = z.object({
  secrets: z
    .enum(["show"])
    .optional()
    .describe("`show` leaves the command lines unmasked. For operators; logged."),
});

const pid = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, "must be a process id: a whole number from 1")
  .describe("As the sidecar sees it.");

/** Makes the feature. */
export function createProcesses(
  _settings: Settings["processes"],
  { coreProcess, log }: ProcessesDeps,
): Feature {
  return {
    name: "processes",
    routes(table) {
      addList(table, coreProcess, log);
      addDetail(table, coreProcess, log);
    },
    async capability() {
      return capabilityOf(await partsOf(coreProcess));
    },
  };
}

function addList(table: RouteTable, coreProcess: CoreProcessFinder, log: Logger | undefined): void {
  const content = { "application/json": processList, "text/plain": null, "text/html": null };
  table.add(
    "GET",
    "/processes",
    {
      summary: "The processes of the app and of the sidecar",
      description: DESCRIPTION,
      role: "viewer",
      query,
      responses: { 200: { description: "All visible processes, by pid.", content } },
    },
    async (call) => {
      const form = chooseForm(call.ctx, ["json", "text", "html"]);
      const showSecrets = maySeeSecrets(call, log);
      const list = await listProcesses(await coreProcess.find(), showSecrets);
      if (form === "json") call.ctx.body = list;
      if (form === "text") answerText(call.ctx, listText(list));
      if (form === "html") answerPage(call.ctx, listPage(list));
    },
  );
}

function addDetail(table: RouteTable, coreProcess: CoreProcessFinder, log: Logger | undefined): void {
  const content = { "application/json": processDetail, "text/plain": null, "text/html": null };
  table.add(
    "GET",
    "/processes/{pid}",
    {
      summary: "One process: its family, namespaces, limits, tracer",
      description: DESCRIPTION,
      role: "viewer",
      params: z.object({ pid }),
      query,
      responses: { 200: { description: "The process.", content } },
    },
    async (call) => {
      const form = chooseForm(call.ctx, ["json", "text", "html"]);
      const showSecrets = maySeeSecrets(call, log);
      const detail = await detailProcess(Number(call.params.pid), await coreProcess.find(), showSecrets);
      if (form === "json") call.ctx.body = detail;
      if (form === "text") answerText(call.ctx, detailText(detail));
      if (form === "html") answerPage(call.ctx, detailPage(detail));
    },
  );
}

/** Tells whether command lines are to be shown as they are, and writes down who saw them. */
function maySeeSecrets(
  { ctx, query: { secrets }, principal }: RouteCall<unknown, z.output<typeof query>>,
  log: Logger | undefined,
): boolean {
  if (secrets === undefined) return false;
  if (principal.role !== "operator") {
    throw new AppError(
      "role-required",
      `${principal.name} is a viewer; unmasked command lines are for operators.`,
      {
        remedy: "Use a token with `role: operator`, or leave `?secrets=show` out.",
      },
    );
  }
  log?.info(
    { audit: "processes.secrets", user: principal.name, path: ctx.path, requestId: ctx.state.requestId },
    "unmasked command lines were shown",
  );
  return true;
}

function answerText(ctx: WebContext, text: string): void {
  ctx.type = "text/plain; charset=utf-8";
  ctx.body = text;
}

function answerPage(ctx: WebContext, page: Page): void {
  ctx.set({ ...page.headers });
  ctx.body = page.body;
}

async function partsOf(coreProcess: CoreProcessFinder): Promise<CapabilityPart[]> {
  const list: CapabilityPart = { name: "list the processes", works: true };
  const core = await coreProcess.find();
  if (core.kind === "missing") {
    const { reason, remedy } = core;
    return [list, { name: "see the app's main process", works: false, reason, remedy }];
  }
  const executable = await readExecutable(core.pid);
  return [
    list,
    { name: "see the app's main process", works: true, reason: `It is ${core.pid}: ${core.foundBy}.` },
    {
      name: "read the details of the app's processes (executable, open files, namespaces)",
      works: executable.value !== null,
      ...(executable.reason === undefined
        ? {}
        : {
            reason: executable.reason,
            remedy:
              "cap_add: [SYS_PTRACE, DAC_READ_SEARCH], or run the sidecar as the app's own user and group",
          }),
    },
  ];
}
