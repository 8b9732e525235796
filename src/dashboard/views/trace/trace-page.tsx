import { useState } from "preact/hooks";
import type { Trace } from "../../api/api-types.ts";
import { type Known, useAnswer } from "../../api/use-answer.ts";
import { changeQuery } from "../../state/place.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { MAX_EVENTS } from "./event-store.ts";
import { useFeed } from "./follow-events.ts";
import { Lines } from "./lines.tsx";
import { Requests } from "./requests.tsx";
import { Slowest, SummaryTable, Touched, useSummary } from "./summary.tsx";
import { Timeline } from "./timeline.tsx";
import { TraceHead, TraceState } from "./trace-head.tsx";

const LOOK_EVERY_MS = 1_000;

const TABS = [
  { name: "lines", title: "Lines" },
  { name: "summary", title: "Summary" },
  { name: "slowest", title: "Slowest" },
  { name: "touched", title: "Files and peers" },
  { name: "time", title: "Time line" },
  { name: "requests", title: "Requests" },
] as const;

/** One trace: how it is doing, and what it tells. */
export function TracePage({ id, query }: { id: string; query: URLSearchParams }) {
  const [isRunning, setRunning] = useState(true);
  const known = useAnswer("GET /traces/{id}", {
    params: { id },
    ...(isRunning ? { everyMs: LOOK_EVERY_MS } : {}),
  });
  const { value } = known;
  if (value !== undefined && (value.state === "running") !== isRunning) setRunning(value.state === "running");
  return (
    <>
      <p>
        <a href="#/trace">← All traces</a>
      </p>
      <TraceState trace={value} />
      <Loaded of={known}>{(trace) => <Told trace={trace} known={known} query={query} />}</Loaded>
    </>
  );
}

function Told({ trace, known, query }: { trace: Trace; known: Known<Trace>; query: URLSearchParams }) {
  // Of a very long trace only what fits is read; where it begins must not move afterwards.
  const [startCursor] = useState(() => Math.max(trace.firstEvent, trace.events - MAX_EVENTS));
  const [isPaused, setPaused] = useState(false);
  const feed = useFeed(trace.id, startCursor, isPaused);
  const tab = TABS.find(({ name }) => name === query.get("tab"))?.name ?? "lines";
  const summary = useSummary(trace, ["summary", "slowest", "touched"].includes(tab));
  const panels = {
    lines: () => (
      <Lines
        trace={trace}
        feed={feed}
        startCursor={startCursor}
        query={query}
        isPaused={isPaused}
        onPause={setPaused}
      />
    ),
    summary: () => <Loaded of={summary}>{(value) => <SummaryTable summary={value} />}</Loaded>,
    slowest: () => <Loaded of={summary}>{(value) => <Slowest summary={value} />}</Loaded>,
    touched: () => <Loaded of={summary}>{(value) => <Touched summary={value} />}</Loaded>,
    time: () => <Timeline feed={feed} query={query} />,
    requests: () => <Requests trace={trace} />,
  };
  return (
    <>
      <TraceHead trace={trace} refresh={known.refresh} />
      <Tabs
        label="What the trace tells"
        tabs={TABS}
        current={tab}
        onChange={(name) => changeQuery({ tab: name })}
      >
        {panels[tab]()}
      </Tabs>
    </>
  );
}
