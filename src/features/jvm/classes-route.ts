import { answerText } from "../../web/answer.ts";
import { readJson } from "../../web/json-body.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { pidPath } from "../../web/pid-path.ts";
import type { RouteTable } from "../../web/routes.ts";
import { parseClassHistogram } from "./answers/class-histogram.ts";
import { safeText } from "./safe-text.ts";
import { refOf, TALK_REFUSALS, type TalkParts } from "./talk-routes.ts";
import { classesAnswer, classesRequest } from "./talk-schema.ts";
import { requireTouch } from "./touch.ts";

const JSON_TYPE = "application/json";
const MAX_BODY_BYTES = 4_096;
const EXAMPLE = '{"live": false, "limit": 100}';

/** Adds the route that counts the objects of each class: a POST, since the JVM stands still while it counts. */
export function addClasses(table: RouteTable, { finder, attacher, touch, log }: TalkParts): void {
  table.add(
    "POST",
    "/jvm/{pid}/classes",
    {
      summary: "What the objects of each class take in the heap of a JVM",
      description:
        "The app stands still while the JVM walks its heap: a tenth of a second for some 100 MB. The body may be left out. Logged. Takes the level `talk`; `live` takes `disturb`.",
      role: "operator",
      params: pidPath,
      body: { [JSON_TYPE]: classesRequest },
      responses: {
        200: { description: "The histogram.", content: { [JSON_TYPE]: classesAnswer, "text/plain": null } },
        ...TALK_REFUSALS,
      },
    },
    async ({ ctx, params, principal }) => {
      requireTouch(touch, "talk");
      const form = chooseForm(ctx, ["json", "text"]);
      const hasBody = ctx.get("Content-Type") !== "";
      const { live, limit } = hasBody
        ? await readJson(ctx, classesRequest, { maxBytes: MAX_BODY_BYTES, example: EXAMPLE })
        : classesRequest.parse({});
      if (live) requireTouch(touch, "disturb");
      const jvm = await finder.require(Number(params.pid));
      const { requestId } = ctx.state;
      log.info(
        { audit: "jvm.classes", user: principal.name, ...refOf(jvm), live, requestId },
        "the objects of a JVM are counted",
      );
      const text = await attacher.ask(jvm, "inspectheap", live ? "-live" : "-all");
      if (form === "text") {
        answerText(ctx, safeText(text));
        return;
      }
      const { classes, ...totals } = parseClassHistogram(text);
      ctx.body = { ...refOf(jvm), live, total: classes.length, ...totals, classes: classes.slice(0, limit) };
    },
  );
}
