import type { Settings } from "../../settings/schema.ts";
import { answerPage, answerText } from "../../web/answer.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { pidPath } from "../../web/pid-path.ts";
import type { RouteTable } from "../../web/routes.ts";
import { detailProcess } from "./detail-process.ts";
import { INTERVAL_SECONDS, interval, intervalMsOf, secretsQuery } from "./list-query.ts";
import { maySeeSecrets } from "./may-see-secrets.ts";
import { detailPage, detailText } from "./process-forms.ts";
import { processDetail } from "./process-schema.ts";
import type { ProcessesDeps } from "./processes-deps.ts";

const query = secretsQuery.extend({
  interval: interval.describe(
    `Over how many seconds CPU use is measured: ${INTERVAL_SECONDS.min} to ${INTERVAL_SECONDS.max}; ${INTERVAL_SECONDS.default} where it is left out.`,
  ),
});

/** Adds the route that shows one process. */
export function addDetail(
  table: RouteTable,
  { signals }: Settings["processes"],
  { coreProcess, log }: ProcessesDeps,
): void {
  const content = { "application/json": processDetail, "text/plain": null, "text/html": null };
  table.add(
    "GET",
    "/processes/{pid}",
    {
      summary: "One process: its family, namespaces, limits, tracer",
      description:
        "Secrets in the command line are masked by the names of its options; one under a harmless name is not found. What can't be read is null, and `unreadable` says why.",
      role: "viewer",
      params: pidPath,
      query,
      responses: { 200: { description: "The process.", content } },
    },
    async (call) => {
      const { ctx } = call;
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const detail = await detailProcess(Number(call.params.pid), await coreProcess.find(), {
        showSecrets: maySeeSecrets(call, "command lines", log),
        intervalMs: intervalMsOf(call.query.interval, INTERVAL_SECONDS.default),
        signals,
      });
      if (form === "json") ctx.body = detail;
      if (form === "text") answerText(ctx, detailText(detail));
      if (form === "html") answerPage(ctx, detailPage(detail));
    },
  );
}
