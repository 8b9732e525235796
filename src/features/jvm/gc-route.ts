import { pidPath } from "../../web/pid-path.ts";
import type { RouteTable } from "../../web/routes.ts";
import { detailJvm } from "./describe-jvm.ts";
import { refOf, TALK_REFUSALS, type TalkParts } from "./talk-routes.ts";
import { gcAnswer } from "./talk-schema.ts";
import { requireTouch } from "./touch.ts";

const JSON_TYPE = "application/json";

/** Adds the route that makes a JVM collect its whole heap. */
export function addGc(table: RouteTable, { finder, attacher, touch, log }: TalkParts): void {
  table.add(
    "POST",
    "/jvm/{pid}/gc",
    {
      summary: "Make a JVM collect its whole heap, as System.gc() does",
      description:
        "The app stands still meanwhile, with most collectors: seconds for a heap of some GB. With -XX:+DisableExplicitGC the JVM does nothing. Logged. Takes the level `disturb`.",
      role: "operator",
      params: pidPath,
      responses: {
        200: { description: "It is done; what it came to.", content: { [JSON_TYPE]: gcAnswer } },
        ...TALK_REFUSALS,
      },
    },
    async ({ ctx, params, principal }) => {
      requireTouch(touch, "disturb");
      const jvm = await finder.require(Number(params.pid));
      const ref = refOf(jvm);
      log.info(
        { audit: "jvm.gc", user: principal.name, ...ref, requestId: ctx.state.requestId },
        "a JVM is made to collect its heap",
      );
      const before = (await detailJvm(jvm)).figures;
      const startedAtMs = performance.now();
      await attacher.ask(jvm, "jcmd", "GC.run");
      const durationMs = Math.round(performance.now() - startedAtMs);
      const after = (await detailJvm(jvm)).figures;
      ctx.body = {
        ...{ ...ref, durationMs },
        heapUsedBytesBefore: before?.memory.heap.usedBytes ?? null,
        heapUsedBytesAfter: after?.memory.heap.usedBytes ?? null,
        collections:
          before?.gc.count == null || after?.gc.count == null ? null : after.gc.count - before.gc.count,
      };
    },
  );
}
