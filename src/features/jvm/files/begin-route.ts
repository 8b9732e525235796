import type { z } from "zod";
import { readJson } from "../../../web/json-body.ts";
import type { KeptResults } from "../../../web/kept-results.ts";
import { pidPath } from "../../../web/pid-path.ts";
import type { RouteTable } from "../../../web/routes.ts";
import type { Jvm } from "../jvm-finder.ts";
import { refOf, TALK_REFUSALS, type TalkParts } from "../talk-routes.ts";
import { requireTouch } from "../touch.ts";
import { beginFile, beginningOf, type FileKind } from "./file-routes.ts";
import type { JvmFile, Writing } from "./jvm-file.ts";

/** The route by which a JVM is made to write a file for us. */

/** What is particular to a kind of files. */
export interface FileBeginning<S extends z.ZodType, W extends object> {
  readonly summary: string;
  readonly description: string;
  /** The body; it may be left out. */
  readonly request: S;
  readonly example: string;
  /** What is written to the log: the event, the name of the file's id, and a sentence. */
  readonly audit: string;
  readonly idName: string;
  readonly message: string;
  /**
   * Makes the file that is wished for.
   * @throws {AppError} where it can't be; then nothing is logged.
   */
  fileFor(jvm: Jvm, asked: z.output<S>): Promise<JvmFile<W>>;
  /** Makes sure that the JVM can write it. */
  prepare(file: JvmFile<W>): Promise<Writing>;
}

const JSON_TYPE = "application/json";
const MAX_BODY_BYTES = 4_096;

/** Adds it. */
export function addBeginning<S extends z.ZodType, W extends object>(
  table: RouteTable,
  kind: FileKind<W>,
  kept: KeptResults<JvmFile<W>>,
  { finder, touch, log }: TalkParts,
  beginning: FileBeginning<S, W>,
): void {
  const { summary, description, request, example, audit, idName, message } = beginning;
  table.add(
    "POST",
    `/jvm/{pid}/${kind.names.path}`,
    {
      summary,
      description: `${description} The body may be left out. Logged. Takes the level \`disturb\`.`,
      role: "operator",
      params: pidPath,
      body: { [JSON_TYPE]: request },
      responses: {
        ...beginningOf(kind),
        ...TALK_REFUSALS,
        507: { description: "It has no room." },
      },
    },
    async ({ ctx, params, principal }) => {
      requireTouch(touch, "disturb");
      const hasBody = ctx.get("Content-Type") !== "";
      const asked = hasBody
        ? await readJson(ctx, request, { maxBytes: MAX_BODY_BYTES, example })
        : request.parse({});
      const jvm = await finder.require(Number(params.pid));
      const file = await beginning.fileFor(jvm, asked);
      const { requestId } = ctx.state;
      const entry: object = { audit, user: principal.name, ...refOf(jvm), ...file.wish, [idName]: file.id };
      log.info({ ...entry, requestId }, message);
      await beginFile(ctx, kind, kept, { file, prepare: () => beginning.prepare(file) });
    },
  );
}
