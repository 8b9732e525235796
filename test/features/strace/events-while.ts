import type { CallEvent, TraceEvent } from "../../../src/features/strace/events/event.ts";
import { createGovernor } from "../../../src/features/strace/governor/governor.ts";
import { startTrace } from "../../../src/features/strace/start-trace.ts";
import { chooseTargets } from "../../../src/features/strace/targets.ts";
import { followEvents } from "../../../src/features/strace/trace-events.ts";
import { loadSettings } from "../../../src/settings/load.ts";

/** The events of a process, and of those below it, while `act` runs; and the warnings of the trace. */
export async function eventsWhile(
  pid: number,
  act: () => Promise<unknown>,
): Promise<{ events: TraceEvent[]; calls: CallEvent[]; warnings: readonly string[] }> {
  const { settings } = loadSettings({ env: { SIDECAR_CORE_URL: "http://127.0.0.1:9" } });
  const limits = {
    ...{ ...settings.strace, lines: 1_000_000, durationMs: 15_000, maxBytes: 67_108_864, stringLimit: 64 },
    ...{
      syscalls: [],
      isErrorsOnly: false,
      minDurationNs: 0,
      follow: true,
      paths: [],
      decode: "all" as const,
      engine: "strace" as const,
      straceOnly: [],
    },
  };
  const stop = new AbortController();
  await using governor = createGovernor((error) => {
    throw error;
  });
  const targets = await chooseTargets(pid, true);
  await using trace = await startTrace(targets, limits, { signal: stop.signal, governor });
  const events: TraceEvent[] = [];
  const over = followEvents(trace, { onEvent: (event) => events.push(event), withRaw: true });
  try {
    await act();
  } finally {
    stop.abort();
    await over;
  }
  const { result } = await over;
  return { events, calls: events.filter((event) => event.type === "call"), warnings: result.warnings };
}
