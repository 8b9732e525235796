import { answerPage, answerText } from "../../web/answer.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { RouteTable } from "../../web/routes.ts";
import { arrange } from "./arrange-processes.ts";
import { listProcesses } from "./list-processes.ts";
import { INTERVAL_SECONDS, intervalMsOf, listQuery } from "./list-query.ts";
import { maySeeSecrets } from "./may-see-secrets.ts";
import { listPage, listText } from "./process-forms.ts";
import { processList } from "./process-schema.ts";
import type { ProcessesDeps } from "./processes-deps.ts";
import { readTop } from "./read-top.ts";
import { topPage, topText } from "./top-forms.ts";
import { topQuery } from "./top-query.ts";
import { topReport } from "./top-schema.ts";

/** Adds the routes that show all processes. */
export function addListRoutes(table: RouteTable, deps: ProcessesDeps): void {
  addList(table, deps);
  addTop(table, deps);
}

const FORMS = { "text/plain": null, "text/html": null } as const;

function addList(table: RouteTable, { coreProcess, log }: ProcessesDeps): void {
  table.add(
    "GET",
    "/processes",
    {
      summary: "The processes of the app and of the sidecar",
      description:
        "Secrets in command lines are masked by the names of their options; one under a harmless name is not found. CPU is the average since the start of each process, `cpuPercent` the one over the interval. A process that ends while it is read is left out.",
      role: "viewer",
      query: listQuery,
      responses: {
        200: {
          description: "The visible processes, by pid unless said otherwise.",
          content: { "application/json": processList, ...FORMS },
        },
      },
    },
    async (call) => {
      const { ctx, query } = call;
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const all = await listProcesses(await coreProcess.find(), {
        intervalMs: intervalMsOf(query.interval, INTERVAL_SECONDS.default),
        showSecrets: maySeeSecrets(call, "command lines", log),
        withPss: query.pss === "true" || query.sort === "pss",
      });
      const list = { ...all, processes: arrange(all.processes, query) };
      const style = { isTree: query.tree === "true", isSorted: query.sort !== undefined };
      if (form === "json") ctx.body = list;
      if (form === "text") answerText(ctx, listText(list, style));
      if (form === "html") answerPage(ctx, listPage(list, style));
    },
  );
}

function addTop(table: RouteTable, { coreProcess, log }: ProcessesDeps): void {
  table.add(
    "GET",
    "/processes/top",
    {
      summary: "The busiest processes, below the load, CPU and memory of the app: for `watch curl`",
      description:
        "As top(1) shows it, and as text unless another form is asked for. CPU and memory are those of the app's cgroup, by its limits; the load is the machine's. Kernel threads are left out.",
      role: "viewer",
      query: topQuery,
      responses: {
        200: {
          description: "The busiest first.",
          content: { "text/plain": null, "application/json": topReport, "text/html": null },
        },
      },
    },
    async (call) => {
      const { ctx, query } = call;
      const form = chooseForm(ctx, ["text", "json", "html"]);
      const report = await readTop(
        await coreProcess.find(),
        query,
        maySeeSecrets(call, "command lines", log),
      );
      if (form === "text") answerText(ctx, topText(report));
      if (form === "json") ctx.body = report;
      if (form === "html") answerPage(ctx, topPage(report));
    },
  );
}
