import { z } from "zod";

/** Reads the table that `GC.class_histogram` gives. */

/** What the objects of one class take. */
export const classEntry = z.object({
  class: z.string(),
  module: z.string().nullable(),
  instances: z.number(),
  bytes: z.number(),
});

/** What is read of a histogram. */
export interface ClassHistogram {
  readonly classes: readonly z.output<typeof classEntry>[];
  readonly instances: number | null;
  readonly bytes: number | null;
}

const LINE = /^\s*\d+:\s+(\d+)\s+(\d+)\s+(\S+)(?: \(([^)]*)\))?\s*$/;
const TOTAL = /^Total\s+(\d+)\s+(\d+)\s*$/m;
const MAX_LINE_LENGTH = 4_096;

/** Reads the table, the largest class first; lines of another kind are passed over. */
export function parseClassHistogram(text: string): ClassHistogram {
  const classes = text.split("\n").flatMap((line) => {
    const [, instances, bytes, name, module = null] = LINE.exec(line.slice(0, MAX_LINE_LENGTH)) ?? [];
    return name === undefined
      ? []
      : { class: name, module, instances: Number(instances), bytes: Number(bytes) };
  });
  const [, instances, bytes] = TOTAL.exec(text) ?? [];
  return {
    classes,
    instances: instances === undefined ? null : Number(instances),
    bytes: bytes === undefined ? null : Number(bytes),
  };
}
