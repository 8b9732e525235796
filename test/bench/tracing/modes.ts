import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type BenchSidecar, MOST_LINES } from "./sidecar.ts";

/** The ways to trace that are compared. */

/** What a trace tells of itself. */
export interface Traced {
  readonly events: number;
  /** Events of the kernel that came faster than they were read. */
  readonly lost: number;
  /** Events that this client was too slow for. */
  readonly dropped: number;
  /** From the request for a trace to the first of its events. */
  readonly firstEventMs: number | undefined;
}

/** Traces a process until `end`, or for `seconds`. */
export type Mode = (pid: number, seconds: number, end: AbortSignal) => Promise<Traced>;

/** strace that throws away what it says. */
export const PLAIN_STRACE = "strace -f -o /dev/null";
const WORDS = ["-ttt", "-T", "-y", "-s", "256"];
const SHM = "/dev/shm";
/** strace that says as much of each call as ours does: what is left between the two is what we add. */
export const SAME_WORDS = `strace -f ${WORDS.join(" ")} -o /dev/null`;
/** The same with its output where ours has it. */
export const SAME_WORDS_KEPT = `strace -f ${WORDS.join(" ")} -o ${SHM}/…`;
/** Ours. */
export const NDJSON = "strace, NDJSON";
/** Ours, that counts only. */
export const SUMMARY = "strace, summary";

const NONE: Traced = { events: 0, lost: 0, dropped: 0, firstEventMs: undefined };

/** All of them by name. */
export function createModes(sidecar: BenchSidecar): Readonly<Record<string, Mode>> {
  return {
    [PLAIN_STRACE]: plainStrace([], "/dev/null"),
    [SAME_WORDS]: plainStrace(WORDS, "/dev/null"),
    [SAME_WORDS_KEPT]: plainStrace(WORDS, join(SHM, `tickbird-bench-${process.pid}`)),
    [SUMMARY]: summary(sidecar, "strace"),
    [NDJSON]: ndjson(sidecar, "strace"),
    "tracefs, summary": summary(sidecar, "tracefs"),
    "tracefs, NDJSON": ndjson(sidecar, "tracefs"),
  };
}

function plainStrace(options: readonly string[], output: string): Mode {
  return async (pid, _, end) => {
    const argv = ["-f", ...options, "-A", "-o", output, "-p", String(pid)];
    // In a session of its own, as the sidecar's is: the scheduler shares a busy machine between sessions (sched(7), "autogroup").
    const strace = spawn("strace", argv, { stdio: "ignore", detached: true });
    end.addEventListener("abort", () => strace.kill("SIGINT"));
    await once(strace, "exit");
    if (output.startsWith(SHM)) rmSync(output);
    return NONE;
  };
}

/** A summary ends by its time only. */
function summary(sidecar: BenchSidecar, engine: string): Mode {
  return async (pid, seconds) => {
    const path = `/strace/${pid}/summary?engine=${engine}&duration=${seconds}`;
    const answer = await sidecar.ask(path, "application/json");
    const { callCount, lost } = JSON.parse(await answer.text());
    return { ...NONE, events: Number(callCount), lost: Number(lost) };
  };
}

/** Traces of as many lines as there may be, one after the other. */
function ndjson(sidecar: BenchSidecar, engine: string): Mode {
  return async (pid, seconds, end) => {
    const total = { events: 0, lost: 0, dropped: 0 };
    const endsAtMs = performance.now() + seconds * 1_000;
    let firstEventMs: number | undefined;
    while (!end.aborted && endsAtMs - performance.now() > 100) {
      const askedAtMs = performance.now();
      const left = ((endsAtMs - askedAtMs) / 1_000).toFixed(3);
      const path = `/strace/${pid}/${MOST_LINES}?engine=${engine}&duration=${left}`;
      const answer = await sidecar.ask(path, "application/x-ndjson");
      let last = "";
      for await (const chunk of answer.body ?? []) {
        firstEventMs ??= performance.now() - askedAtMs;
        last = (last + Buffer.from(chunk).toString("latin1")).slice(-4_000);
      }
      const record = JSON.parse(last.trimEnd().split("\n").at(-1) ?? "");
      total.events += Number(record.events);
      total.lost += Number(record.lost);
      total.dropped += Number(record.dropped);
    }
    return { ...total, firstEventMs };
  };
}
