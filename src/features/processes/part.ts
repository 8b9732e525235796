import { z } from "zod";
import { readStat } from "../../linux/proc.ts";
import { createProcessReader, type ProcessReader } from "../../linux/process-reader.ts";
import type { PresentProcess } from "../../linux/require-process.ts";
import { processNotFound, requireProcess } from "../../linux/require-process.ts";
import { answerPage, answerText } from "../../web/answer.ts";
import { chooseForm } from "../../web/negotiate.ts";
import { pidPath } from "../../web/pid-path.ts";
import type { RouteCall, RouteTable } from "../../web/routes.ts";
import type { PartAnswer, PartView } from "./part-forms.ts";
import { partPage, partText } from "./part-forms.ts";
import type { ProcessesDeps } from "./processes-deps.ts";

const MAX_LIMIT = 10_000;

/** `?limit=`: how many entries are answered. */
export const limitQuery = z.object({
  limit: z
    .string()
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LIMIT, {
      error: ({ input }) => `must be 1 to ${MAX_LIMIT}, and is ${String(input).slice(0, 32)}`,
    })
    .default("1000")
    .describe(`How many are answered: 1 to ${MAX_LIMIT}.`),
});

/** What a part is read with. */
export interface PartCall<Q> extends PresentProcess {
  readonly pid: number;
  readonly reader: ProcessReader;
  readonly query: Q;
  readonly call: RouteCall<unknown, Q>;
  readonly deps: ProcessesDeps;
}

/** A part of a process that has a route of its own: `/processes/{pid}/<name>`. */
export interface Part<A, Q extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly description?: string;
  readonly schema: z.ZodType<A & PartAnswer>;
  readonly query: Q;
  /** Reads it; what can't be read goes to the notes of `reader`. */
  read(call: PartCall<z.output<Q>>): Promise<A>;
  view(answer: A): PartView;
}

/** Adds the route of a part. */
export function addPart<A, Q extends z.ZodObject>(
  table: RouteTable,
  part: Part<A, Q>,
  deps: ProcessesDeps,
): void {
  table.add(
    "GET",
    `/processes/{pid}/${part.name}`,
    {
      summary: part.summary,
      ...(part.description === undefined ? {} : { description: part.description }),
      role: "viewer",
      params: pidPath,
      query: part.query,
      responses: {
        200: {
          description: `${part.title} of the process.`,
          content: { "application/json": part.schema, "text/plain": null, "text/html": null },
        },
      },
    },
    async (call) => {
      const form = chooseForm(call.ctx, ["json", "text", "html"]);
      const pid = Number(call.params.pid);
      const present = await requireProcess(pid);
      const reader = createProcessReader(pid);
      const { query } = call;
      const found = await part.read({ ...present, pid, reader, query, call, deps });
      // What was read is of this process only while nobody else has got its pid.
      if ((await readStat(pid))?.startTicks !== present.stat.startTicks) throw await processNotFound(pid);
      const answer = { ...present.ref, ...found, unreadable: [...reader.list] };
      if (form === "json") call.ctx.body = answer;
      if (form === "text") answerText(call.ctx, partText(part.title, answer, part.view(found)));
      if (form === "html") answerPage(call.ctx, partPage(part.title, answer, part.view(found)));
    },
  );
}
