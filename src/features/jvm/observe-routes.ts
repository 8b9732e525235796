import { answerPage, answerText } from "../../web/answer.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { pidPath } from "../../web/pid-path.ts";
import type { RouteTable } from "../../web/routes.ts";
import { detailJvm, listJvms } from "./describe-jvm.ts";
import type { JvmFinder } from "./jvm-finder.ts";
import { jvmPage, jvmsPage, jvmsText, jvmText } from "./jvm-forms.ts";
import { jvmDetail, jvmList } from "./jvm-schema.ts";

/** Adds the routes that only look: the JVM does not notice them. */
export function addObserveRoutes(table: RouteTable, finder: JvmFinder): void {
  table.add(
    "GET",
    "/jvm",
    {
      summary: "The JVMs among the app's processes: heap, collections, threads",
      description:
        "Read from what each JVM keeps for its own tools; no signal, no connection, no agent. What can't be read is null, and `unreadable` says why.",
      role: "viewer",
      responses: {
        200: {
          description: "The JVMs, the app's main process first.",
          content: { "application/json": jvmList, "text/plain": null, "text/html": null },
        },
      },
    },
    async ({ ctx }) => {
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const answer = await listJvms(await finder.list());
      if (form === "json") ctx.body = answer;
      if (form === "text") answerText(ctx, jvmsText(answer));
      if (form === "html") answerPage(ctx, jvmsPage(answer));
    },
  );
  table.add(
    "GET",
    "/jvm/{pid}",
    {
      summary:
        "One JVM: heap by space, collections, safepoints, threads, classes, compiler, version, arguments",
      description:
        "Read as `/jvm` is. Used memory is as the JVM counted it last, with most collectors at the end of a collection. Secrets in arguments are masked by the names of options; one under a harmless name is not found.",
      role: "viewer",
      params: pidPath,
      responses: {
        200: {
          description: "The JVM.",
          content: { "application/json": jvmDetail, "text/plain": null, "text/html": null },
        },
        404: { description: "No such process." },
        409: { description: "It is no JVM of the app." },
      },
    },
    async ({ ctx, params }) => {
      const form = chooseForm(ctx, ["json", "text", "html"]);
      const detail = await detailJvm(await finder.require(Number(params.pid)));
      if (form === "json") ctx.body = detail;
      if (form === "text") answerText(ctx, jvmText(detail));
      if (form === "html") answerPage(ctx, jvmPage(detail));
    },
  );
}
