import type { TraceEvent } from "../../api/api-types.ts";
import { argumentsOf, resultOf } from "../../ui/call-text.ts";
import { two } from "../../ui/format.ts";

/** Events of a trace as people read them: nearly as strace writes them. */

/** What a row has room for. */
const MAX_TEXT = 1_000;

/** What of a call stands in a row: its name, its arguments and its result, which is seen however long those are. */
export function rowTexts(event: TraceEvent): { name: string; middle: string; result: string } {
  if (event.type !== "call") return { name: "", middle: cut(wholeText(event)), result: "" };
  return { name: event.call, middle: cut(`(${argumentsOf(event)})`), result: cut(resultOf(event)) };
}

/** A call with its arguments and result, or what else happened, in one line; without time, thread and duration. */
export function wholeText(event: TraceEvent): string {
  switch (event.type) {
    case "call":
      return `${event.call}(${argumentsOf(event)})${resultOf(event)}`;
    case "signal":
      return `--- ${event.signal} ${event.info} ---`;
    case "stop":
      return `--- stopped by ${event.signal} ---`;
    case "exit":
      return `+++ exited with ${event.exitCode} +++`;
    case "killed":
      return `+++ killed by ${event.signal}${event.isCoreDumped ? " (core dumped)" : ""} +++`;
    case "superseded":
      return `+++ superseded by execve in thread ${event.byTid} +++`;
    case "personality":
      return `[ runs in ${event.mode} mode ]`;
    case "unparsed":
      return event.text;
  }
}

/** The address of the manual page of a call; undefined for what has none. */
export function manualOf(call: string): string | undefined {
  if (!/^[a-z][a-z\d_]*$/.test(call) || call.startsWith("syscall_")) return undefined;
  return `https://man7.org/linux/man-pages/man2/${call}.2.html`;
}

/** The time of day of an event, to the microsecond, in the reader's own zone. */
export function momentOf(seconds: number): string {
  const whole = Math.floor(seconds);
  const micros = Math.round((seconds - whole) * 1e6);
  const date = new Date(whole * 1_000 + (micros === 1e6 ? 1_000 : 0));
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${clock}.${String(micros % 1e6).padStart(6, "0")}`;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
