import { useState } from "preact/hooks";
import type { Trace } from "../../api/api-types.ts";
import { serverNow } from "../../api/server-clock.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { sayCost } from "./cost-words.ts";
import { cpuShiftOf, shiftOf, windowFor } from "./latency.ts";
import { LatencyTable } from "./latency-table.tsx";

const LOOK_EVERY_MS = 2_000;

/** What a trace costs the app: as it is measured before it and while it runs, and what such a trace costs in general. */
export function TraceCost({ trace }: { trace: Trace }) {
  const { value: index } = useAnswer("GET /");
  // Chosen anew only with another trace: a window that changes begins anew.
  const [opened] = useState(() => serverNow());
  const isRunning = trace.state === "running";
  const window = windowFor(trace.startedAt, isRunning ? serverNow() : opened);
  const asking = (link: string) => ({
    query: { window },
    if: window !== undefined && index?.links[link] !== undefined,
    ...(isRunning ? { everyMs: LOOK_EVERY_MS } : {}),
  });
  const traffic = useAnswer("GET /traffic/history", asking("traffic/history"));
  const resources = useAnswer("GET /resources/history", asking("resources/history"));
  if (index === undefined || window === undefined) return null;
  const shift = traffic.value === undefined ? undefined : shiftOf(traffic.value, trace);
  const isAwaited = ({ value, error }: typeof traffic | typeof resources, link: string) =>
    index.links[link] !== undefined && value === undefined && error === undefined;
  if (isAwaited(traffic, "traffic/history") || isAwaited(resources, "resources/history")) return null;
  return (
    <>
      <div class="trace-note" role="note">
        <p>
          <strong>{isRunning ? "What it costs the app:" : "What it cost the app:"}</strong>{" "}
          {sayCost({
            ...{ shift, isRunning },
            cpu: resources.value === undefined ? undefined : cpuShiftOf(resources.value, trace),
          }).join(" ")}
        </p>
        {[traffic.error, resources.error].map((error) =>
          error === undefined ? null : (
            <p key={error.message} class="dim">
              {error.message}
            </p>
          ),
        )}
        {isRunning ? <p class="dim">{trace.cost}</p> : null}
      </div>
      {shift === undefined ? null : <LatencyTable shift={shift} isRunning={isRunning} />}
    </>
  );
}
