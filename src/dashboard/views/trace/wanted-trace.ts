import type { Bodies } from "../../api/api-types.ts";

/** The form of a trace that is to begin, and the request it becomes. */

/** What the form holds: texts, as they were typed. */
export interface WantedTrace {
  /** `main`, or a pid. */
  readonly process: string;
  readonly withDescendants: boolean;
  readonly seconds: string;
  readonly classes: readonly string[];
  /** Further names of calls. */
  readonly calls: string;
  readonly paths: string;
  readonly onlyErrors: boolean;
  readonly minMs: string;
  readonly engine: "strace" | "tracefs" | "auto";
  readonly stringLimit: string;
  readonly onlyMainThread: boolean;
}

/** What a part of the form gets. */
export interface FormPart {
  readonly wanted: WantedTrace;
  readonly change: (part: Partial<WantedTrace>) => void;
}

/** strace's classes of calls, with what they are. */
export const CALL_CLASSES = [
  { name: "file", title: "Files by name" },
  { name: "desc", title: "Descriptors" },
  { name: "network", title: "Network" },
  { name: "process", title: "Processes" },
  { name: "memory", title: "Memory" },
  { name: "signal", title: "Signals" },
  { name: "ipc", title: "IPC" },
] as const;

/** The form at its beginning: all calls of the app for half a minute, or of the process that the place names. */
export function wantedOf(query: URLSearchParams): WantedTrace {
  const pid = query.get("pid") ?? "";
  return {
    process: /^\d+$/.test(pid) ? pid : "main",
    ...{ withDescendants: true, seconds: "30", classes: [], calls: "", paths: "", onlyErrors: false },
    ...{ minMs: "", engine: "strace", stringLimit: "", onlyMainThread: false },
  };
}

/** The body of `POST /traces`; what is empty is left to the sidecar. */
export function bodyOf(wanted: WantedTrace): Bodies["POST /traces"] {
  const { process, seconds, onlyErrors, minMs, engine, stringLimit, onlyMainThread } = wanted;
  const syscalls = [...wanted.classes, ...names(wanted.calls)];
  const paths = wanted.paths.split(/[\n,]+/).flatMap((path) => (path.trim() === "" ? [] : [path.trim()]));
  return {
    process: process === "main" ? "main" : Number(process),
    ...(onlyMainThread ? { follow: false } : { descendants: wanted.withDescendants }),
    ...(seconds.trim() === "" ? {} : { duration: Number(seconds) }),
    ...(syscalls.length === 0 ? {} : { syscalls }),
    ...(paths.length === 0 ? {} : { paths }),
    ...(onlyErrors ? { errors: "only" as const } : {}),
    ...(minMs.trim() === "" ? {} : { minDuration: Number(minMs) / 1_000 }),
    ...(engine === "strace" ? {} : { engine }),
    ...(stringLimit.trim() === "" ? {} : { stringLimit: Number(stringLimit) }),
  };
}

function names(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}
