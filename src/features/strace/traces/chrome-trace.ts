import type { CallEvent, TraceEvent } from "../events/event.ts";
import { keptEvent } from "./kept-event.ts";

/**
 * Trace events for Perfetto and chrome://tracing, by the Trace Event Format: times are microseconds. What is no call
 * is an instant of its thread (`ph` `i`). Slices of a thread never overlap: Perfetto drops what does.
 */

interface ChromeEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: "X" | "B" | "E" | "i" | "M";
  readonly ts?: number;
  readonly dur?: number;
  readonly s?: "t";
  readonly pid: number;
  readonly tid: number;
  readonly args: object;
}

/** What names a process in the view. */
export interface NamedProcess {
  readonly pid: number;
  readonly name: string;
}

/** The file, piece by piece. */
export async function* chromeTrace(
  processes: readonly NamedProcess[],
  stretches: AsyncIterable<{ readonly records: readonly string[] }>,
): AsyncGenerator<string> {
  const names = processes.map(({ pid, name }) => nameOf(pid, name));
  yield `{"displayTimeUnit":"ns","traceEvents":[${names.map((event) => JSON.stringify(event)).join(",\n")}`;
  const place = createPlacer();
  let separator = names.length === 0 ? "\n" : ",\n";
  for await (const { records } of stretches) {
    const events = records.flatMap((json) => place(keptEvent(json)));
    if (events.length === 0) continue;
    yield separator + events.map((event) => JSON.stringify(event)).join(",\n");
    separator = ",\n";
  }
  yield "]}\n";
}

function nameOf(pid: number, name: string): ChromeEvent {
  return { name: "process_name", cat: "__metadata", ph: "M", pid, tid: pid, args: { name } };
}

interface Place {
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
}

/** What a thread has come to in the view. */
interface ThreadView {
  /** Until when it is taken, in microseconds. */
  takenUntil: number;
  /** The beginnings of the calls in it that did not return. */
  readonly open: ChromeEvent[];
}

/**
 * Makes the function that places the events of a trace, each after those that ended before it. Times are rounded, and what
 * execve(2) brings over from another thread has begun while this one was in a call: of two that overlap the later is cut.
 */
function createPlacer(): (event: TraceEvent) => ChromeEvent[] {
  const threads = new Map<number, ThreadView>();

  /** A call that did not return ends with its thread, or where another takes the thread's place. */
  const close = (at: Place, isOver: boolean): ChromeEvent[] => {
    const view = threads.get(at.tid);
    if (view === undefined) return [];
    const ts = Math.max(at.ts, view.takenUntil);
    threads.delete(at.tid);
    if (!isOver) threads.set(at.tid, { takenUntil: ts, open: [] });
    // Viewers tell by the name, and some by the arguments too, what it is that ends: the innermost is the first.
    return view.open.toReversed().map((begun) => ({ ...begun, ph: "E", ts }));
  };

  return (event) => {
    // What has no time has no place in the view.
    if (event.type === "unparsed" || event.time === null) return [];
    const { tid, type } = event;
    // Where the process is not known, the thread stands alone.
    const at = { ts: Math.round(event.time * 1e6), pid: event.pid ?? tid, tid };
    if (type !== "call")
      return [...(ENDS.has(type) ? close(at, type !== "superseded") : []), instantEvent(event, at)];
    // When it began is not known.
    if (event.durationNs === null && event.marks.includes("beginning-missing"))
      return [{ ...callParts(event), ph: "i", s: "t", ...at }];
    const view = threads.get(tid) ?? { takenUntil: at.ts, open: [] };
    threads.set(tid, view);
    const ts = Math.max(at.ts, view.takenUntil);
    if (event.durationNs === null) {
      // It goes on to the end of its thread, or of the view.
      const begun: ChromeEvent = { ...callParts(event), ph: "B", ...at, ts };
      view.open.push(begun);
      view.takenUntil = ts;
      return [begun];
    }
    const end = Math.max(ts, at.ts + event.durationNs / 1e3);
    view.takenUntil = end;
    return [{ ...callParts(event), ph: "X", ...at, ts, dur: thousandths(end - ts) }];
  };
}

const ENDS: ReadonlySet<TraceEvent["type"]> = new Set(["exit", "killed", "superseded"]);

function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function callParts({ call, args, result, resultText, errno, decoded, marks }: CallEvent) {
  const details = {
    args,
    result: resultText ?? result,
    errno: errno?.name,
    decoded: decoded ?? undefined,
    marks,
  };
  return { name: call, cat: errno === null ? "call" : "call,failed", args: details };
}

type Instant = Exclude<TraceEvent, { type: "call" | "unparsed" }>;

function instantEvent(event: Instant, at: Place): ChromeEvent {
  const { time: _, pid: __, tid: ___, raw: ____, ...args } = event;
  return { name: instantName(event), cat: event.type, ph: "i", s: "t", ...at, args };
}

function instantName(event: Instant): string {
  switch (event.type) {
    case "signal":
    case "stop":
      return event.signal;
    case "exit":
      return `exit ${event.exitCode}`;
    case "killed":
      return `killed by ${event.signal}`;
    case "superseded":
      return "superseded by execve";
    case "personality":
      return event.mode;
  }
}
