import type { CallEvent, TraceEvent } from "../events/event.ts";
import { keptEvent } from "./kept-event.ts";

/**
 * Trace events for Perfetto and chrome://tracing, by the Trace Event Format: times are microseconds. What is no call
 * is an instant of its thread (`ph` `i`).
 */

interface ChromeEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: "X" | "B" | "i" | "M";
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
  let separator = names.length === 0 ? "\n" : ",\n";
  for await (const { records } of stretches) {
    const events = records.flatMap((json) => chromeEvent(keptEvent(json)) ?? []);
    if (events.length === 0) continue;
    yield separator + events.map((event) => JSON.stringify(event)).join(",\n");
    separator = ",\n";
  }
  yield "]}\n";
}

function nameOf(pid: number, name: string): ChromeEvent {
  return { name: "process_name", cat: "__metadata", ph: "M", pid, tid: pid, args: { name } };
}

/** What has no time has no place in the view. */
function chromeEvent(event: TraceEvent): ChromeEvent | undefined {
  if (event.type === "unparsed" || event.time === null) return undefined;
  const { tid, type } = event;
  // Where the process is not known, the thread stands alone.
  const at = { ts: Math.round(event.time * 1e6), pid: event.pid ?? tid, tid };
  if (event.type === "call") return callEvent(event, at);
  const { time: _, pid: __, tid: ___, raw: ____, ...args } = event;
  return { name: instantName(event), cat: type, ph: "i", s: "t", ...at, args };
}

function callEvent(event: CallEvent, at: { ts: number; pid: number; tid: number }): ChromeEvent {
  const { call, args, result, resultText, errno, decoded, durationNs, marks } = event;
  const details = {
    args,
    result: resultText ?? result,
    errno: errno?.name,
    decoded: decoded ?? undefined,
    marks,
  };
  const what = { name: call, cat: errno === null ? "call" : "call,failed", ...at, args: details };
  // One that did not return goes on to the end of the view.
  if (durationNs === null) return { ...what, ph: "B" };
  return { ...what, ph: "X", dur: durationNs / 1e3 };
}

function instantName(event: Exclude<TraceEvent, { type: "call" | "unparsed" }>): string {
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
