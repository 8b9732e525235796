import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { type EventFormat, parseEventFormat } from "../../src/linux/tracefs/event-format.ts";
import {
  createRecordReader,
  type KernelRecord,
  TRACEPOINT_KINDS,
} from "../../src/linux/tracefs/kernel-records.ts";
import { createPageReader, parsePageLayout } from "../../src/linux/tracefs/ring-buffer.ts";

/** What the kernel once recorded of a real program; `test/fixtures/tracefs/record.ts` records it. */

const recording = z.object({
  pid: z.int(),
  header: z.string(),
  formats: z.record(z.string(), z.string()),
  pages: z.array(z.object({ cpu: z.int(), base64: z.string() })),
  text: z.string(),
});

/** A recording, and what of it is needed to read it. */
export interface RecordedEvents {
  readonly name: string;
  /** The process, as the host numbers it. */
  readonly pid: number;
  readonly header: string;
  readonly pages: readonly Buffer[];
  /** As the kernel writes them itself. */
  readonly lines: readonly string[];
  readonly formats: Readonly<Record<string, EventFormat>>;
}

const FOLDER = new URL("../fixtures/tracefs/6.18/", import.meta.url);
const SUFFIX = ".json.gz";

/** Reads all recordings. */
export function allRecordedEvents(): RecordedEvents[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => recordedEvents(file.slice(0, -SUFFIX.length)));
}

/** Reads one. */
export function recordedEvents(name: string): RecordedEvents {
  const text = gunzipSync(readFileSync(new URL(`${name}${SUFFIX}`, FOLDER))).toString("utf8");
  const { pid, header, formats, pages, text: lines } = recording.parse(JSON.parse(text));
  return {
    ...{ name, pid, header },
    formats: Object.fromEntries(
      // The older recordings have no signals.
      TRACEPOINT_KINDS.flatMap((kind) => {
        const format = formats[kind];
        return format === undefined ? [] : [[kind, parseEventFormat(format)]];
      }),
    ),
    pages: pages.map(({ base64 }) => Buffer.from(base64, "base64")),
    lines: lines.split("\n").filter((line) => line !== "" && !line.startsWith("#")),
  };
}

/** What some pages hold, in the order of the times, and how many of them are not as they should be. */
export function readPages(
  { header, formats }: RecordedEvents,
  pages: readonly Buffer[],
): { records: KernelRecord[]; lost: (number | null)[]; broken: number } {
  const layout = parsePageLayout(header);
  const readPage = createPageReader(layout, 0n);
  const toRecord = createRecordReader(formats);
  const records: KernelRecord[] = [];
  const lost: (number | null)[] = [];
  let broken = 0;
  // As they are read: into memory of its own, where a word begins at every fourth byte.
  const page = Buffer.allocUnsafeSlow(layout.pageBytes);
  for (const bytes of pages) {
    bytes.copy(page);
    const end = readPage(page, Math.min(bytes.length, page.length), (timeNs, words, at, length) => {
      const record = toRecord(timeNs, words, at, length);
      if (record !== undefined) records.push(record);
    });
    lost.push(end.lostBefore);
    if (end.isBroken) broken += 1;
  }
  return { records: records.toSorted((a, b) => a.timeNs - b.timeNs), lost, broken };
}
