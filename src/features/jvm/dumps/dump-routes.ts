import { AppError } from "../../../base/errors.ts";
import type { Settings } from "../../../settings/schema.ts";
import { createKeptResults, type KeptResults } from "../../../web/kept-results.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { detailJvm } from "../describe-jvm.ts";
import { openAppFolder } from "../files/app-folder.ts";
import { addBeginning } from "../files/begin-route.ts";
import { addFileRoutes, type FileKind } from "../files/file-routes.ts";
import { JvmFile } from "../files/jvm-file.ts";
import type { Jvm } from "../jvm-finder.ts";
import type { TalkParts } from "../talk-routes.ts";
import { type DumpRequest, dumpList, dumpRequest, dumpState } from "./dump-schema.ts";
import { writeDump } from "./write-dump.ts";

const MAX_KEPT = 4;
const MAX_AGE_MS = 3_600_000;

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
  const { attacher, log } = parts;
  addBeginning(table, KIND, dumps, parts, {
    summary: "Have a JVM write its heap into a file, for a memory analyser",
    description:
      "The app stands still while the JVM writes: seconds for each GB. The file lies in `jvm.dumpDir` of the app until it is whole; then it has no name any more, and its room is free when it is removed here, after an hour at the latest. It holds all that the app has in memory, secrets too. One that grows beyond `jvm.maxDumpBytes` is given up.",
    request: dumpRequest,
    example: '{"live": true}',
    ...{ audit: "jvm.heap-dump", idName: "dumpId", message: "a JVM is made to write its heap" },
    async fileFor(jvm, wish) {
      await bytesOf(jvm, settings);
      return new JvmFile(jvm, "hprof", wish, settings.maxDumpBytes);
    },
    async prepare(file) {
      const { pid } = file.jvm.stat;
      const bytes = await bytesOf(file.jvm, settings);
      const room = { what: "dump", bytes, remedy: "SIDECAR_JVM_DUMP_DIR" };
      return {
        folder: await openAppFolder(pid, settings.dumpDir, room),
        ...{ log, write: () => writeDump(file, attacher, settings.dumpDir) },
      };
    },
  });
  addFileRoutes(table, KIND, dumps);
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
