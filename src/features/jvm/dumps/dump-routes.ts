import { AppError } from "../../../base/errors.ts";
import type { Settings } from "../../../settings/schema.ts";
import { readJson } from "../../../web/json-body.ts";
import { createKeptResults, type KeptResults } from "../../../web/kept-results.ts";
import { pidPath } from "../../../web/pid-path.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { detailJvm } from "../describe-jvm.ts";
import { openAppFolder } from "../files/app-folder.ts";
import { addFileRoutes, beginFile, beginningOf, type FileKind } from "../files/file-routes.ts";
import { JvmFile } from "../files/jvm-file.ts";
import type { Jvm } from "../jvm-finder.ts";
import { refOf, TALK_REFUSALS, type TalkParts } from "../talk-routes.ts";
import { requireTouch } from "../touch.ts";
import { type DumpRequest, dumpList, dumpRequest, dumpState } from "./dump-schema.ts";
import { writeDump } from "./write-dump.ts";

const JSON_TYPE = "application/json";
const MAX_KEPT = 4;
const MAX_AGE_MS = 3_600_000;
const MAX_BODY_BYTES = 4_096;

const KIND: FileKind<DumpRequest> = {
  names: { one: "heap dump", many: "heap dumps", path: "heap-dumps" },
  ...{ listName: "heapDumps", state: dumpState, list: dumpList },
  ...{ file: "heap.hprof", nameAtHome: "heap" },
  fileSummary: "The file, in the format hprof; compressed with gzip by Java 15 and later",
  deleteSummary:
    "Remove a heap dump, or give it up; a JVM that is at it writes on, into a file without a name",
  more: ({ wish }) => ({ live: wish.live }),
};

/** Heap dumps that are kept. */
export type HeapDumps = KeptResults<JvmFile<DumpRequest>>;

/** Keeps none yet. */
export function createHeapDumps({ maxDumpBytes }: Settings["jvm"]): HeapDumps {
  return createKeptResults(KIND.names, {
    maxCount: MAX_KEPT,
    maxBytes: 2 * maxDumpBytes,
    maxAgeMs: MAX_AGE_MS,
  });
}

/** Adds the routes of heap dumps. */
export function addDumpRoutes(
  table: RouteTable,
  dumps: HeapDumps,
  settings: Settings["jvm"],
  parts: TalkParts,
): void {
  addStart(table, dumps, settings, parts);
  addFileRoutes(table, KIND, dumps);
}

function addStart(table: RouteTable, dumps: HeapDumps, settings: Settings["jvm"], parts: TalkParts): void {
  const { attacher, log } = parts;
  table.add(
    "POST",
    "/jvm/{pid}/heap-dumps",
    {
      summary: "Have a JVM write its heap into a file, for a memory analyser",
      description:
        "The app stands still while the JVM writes: seconds for each GB. The file lies in `jvm.dumpDir` of the app until it is whole; then it has no name any more, and its room is free when it is removed here, after an hour at the latest. It holds all that the app has in memory, secrets too. One that grows beyond `jvm.maxDumpBytes` is given up. The body may be left out. Logged. Takes the level `disturb`.",
      role: "operator",
      params: pidPath,
      body: { [JSON_TYPE]: dumpRequest },
      responses: {
        ...beginningOf(KIND),
        ...TALK_REFUSALS,
        507: { description: "It has no room." },
      },
    },
    async ({ ctx, params, principal }) => {
      requireTouch(parts.touch, "disturb");
      const hasBody = ctx.get("Content-Type") !== "";
      const wish = hasBody
        ? await readJson(ctx, dumpRequest, { maxBytes: MAX_BODY_BYTES, example: '{"live": true}' })
        : dumpRequest.parse({});
      const jvm = await parts.finder.require(Number(params.pid));
      const file = new JvmFile(jvm, "hprof", wish, settings.maxDumpBytes);
      const bytes = await bytesOf(jvm, settings);
      const { requestId } = ctx.state;
      log.info(
        { audit: "jvm.heap-dump", user: principal.name, ...refOf(jvm), ...wish, dumpId: file.id, requestId },
        "a JVM is made to write its heap",
      );
      const room = { what: "dump", bytes, remedy: "SIDECAR_JVM_DUMP_DIR" };
      await beginFile(ctx, KIND, dumps, {
        file,
        prepare: async () => ({
          folder: await openAppFolder(jvm.stat.pid, settings.dumpDir, room),
          ...{ log, write: () => writeDump(file, attacher, settings.dumpDir) },
        }),
      });
    },
  );
}

/** What a dump may take: the heap that the JVM has taken from the system. */
async function bytesOf(jvm: Jvm, { maxDumpBytes }: Settings["jvm"]): Promise<number> {
  const { figures } = await detailJvm(jvm);
  const bytes = figures?.memory.heap.committedBytes ?? figures?.memory.heap.maxBytes ?? 0;
  if (bytes <= maxDumpBytes) return bytes;
  throw new AppError("conflict", `The heap has ${bytes} bytes; ${maxDumpBytes} are allowed.`, {
    remedy: `SIDECAR_JVM_MAX_DUMP_BYTES=${bytes}`,
    extra: { maxBytes: maxDumpBytes },
  });
}
