import { startTicksOf } from "../../../linux/watched-process.ts";

/**
 * How the files are called that JVMs write for us: by the sidecar that has asked for them too, so that the next one
 * knows those whose sidecar is no more.
 */

/** What JVMs write for us: a heap, or a recording of JDK Flight Recorder. */
export type FileEnding = "hprof" | "jfr";

/** What such a name says. */
export interface FileName {
  readonly id: string;
  readonly ending: FileEnding;
  /** The process of the sidecar. */
  readonly pid: number;
  readonly startTicks: number;
}

const NAME = /^\.tickbird-(\d{1,10})-(\d{1,15})-([\w-]{12})\.(hprof(?:\.p\d{1,3})?|jfr)$/;
/** A JVM makes three for each eight processors. */
const MAX_PARTS = 96;

/** The name of a file of ours. */
export function nameOfFile(id: string, ending: FileEnding): string {
  return `.tickbird-${process.pid}-${startTicksOf(process.pid) ?? 0}-${id}.${ending}`;
}

/**
 * The names of all that a JVM writes for such a file: since Java 22 a heap goes into parts first, which are put together
 * at the end (HeapDumper of HotSpot).
 */
export function namesWithParts(name: string): string[] {
  if (!name.endsWith(".hprof")) return [name];
  return [name, ...Array.from({ length: MAX_PARTS }, (_, part) => `${name}.p${part}`)];
}

/** What a name says; undefined where it is none that a sidecar gives. */
export function readFileName(name: string): FileName | undefined {
  const [, pid, startTicks, id = "", ending] = NAME.exec(name) ?? [];
  if (pid === undefined) return undefined;
  return {
    ...{ id, ending: ending === "jfr" ? "jfr" : "hprof" },
    ...{ pid: Number(pid), startTicks: Number(startTicks) },
  };
}
