import { useState } from "preact/hooks";
import type { Answers, Trace, TraceEvent } from "../../api/api-types.ts";
import { type Known, useAnswer } from "../../api/use-answer.ts";
import { changeQuery, linkTo } from "../../state/place.ts";
import { count, duration, percent, short, UNKNOWN } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { CallDialog } from "./call-dialog.tsx";
import { onlyThese } from "./event-filter.ts";
import { EventLine, msOf } from "./event-line.tsx";

const LOOK_EVERY_MS = 2_000;

type Summary = Answers["GET /traces/{id}/summary"];

/** What the calls of a trace come to, while it is looked at. */
export function useSummary({ id, state }: Trace, isWanted: boolean): Known<Summary> {
  return useAnswer("GET /traces/{id}/summary", {
    params: { id },
    if: isWanted,
    ...(state === "running" ? { everyMs: LOOK_EVERY_MS } : {}),
  });
}

/** Each call with its time, count and errors: the one that took most time first. */
export function SummaryTable({ summary }: { summary: Summary }) {
  const { calls, callCount, callsPerSecond, processes } = summary;
  if (calls.length === 0) return <p class="dim">No call yet.</p>;
  const total = calls.reduce((sum, { totalNs }) => sum + totalNs, 0);
  return (
    <>
      <p>
        {count(callCount)} calls, {short(callsPerSecond)} a second.{" "}
        <span class="dim">
          The time is that of all threads together; waiting is in it, and so is what tracing adds.
        </span>
      </p>
      <ScrollTable
        label="Calls"
        heads={headsOf(
          ["Call"],
          ["Time", "Share", "Calls", "Errors", "Half within", "95 % within", "Longest"],
        )}
      >
        {calls.map((each) => (
          <tr key={each.call}>
            <td>
              <button
                type="button"
                class="quiet small"
                onClick={() => changeQuery({ ...onlyThese({ calls: each.call }), tab: undefined })}
              >
                {each.call}
              </button>
            </td>
            <Figure>{duration(each.totalNs / 1e6)}</Figure>
            <Figure>{percent(total === 0 ? null : each.totalNs / total)}</Figure>
            <Figure>{count(each.count)}</Figure>
            <Figure>
              <Errors call={each.call} errors={each.errors} />
            </Figure>
            <Figure>{duration(each.p50Ns / 1e6)}</Figure>
            <Figure>{duration(each.p95Ns / 1e6)}</Figure>
            <Figure>{duration(each.maxNs / 1e6)}</Figure>
          </tr>
        ))}
      </ScrollTable>
      <h2>Processes</h2>
      <ScrollTable label="Processes" heads={headsOf(["Process"], ["Time", "Calls"])}>
        {processes.map((each) => (
          <tr key={each.pid}>
            <td>
              <a href={linkTo(["processes", each.pid])}>{each.pid}</a>{" "}
              {each.name ?? `${UNKNOWN} (gone too soon)`}
            </td>
            <Figure>{duration(each.totalNs / 1e6)}</Figure>
            <Figure>{count(each.count)}</Figure>
          </tr>
        ))}
      </ScrollTable>
    </>
  );
}

function Errors({ call, errors }: { call: string; errors: Readonly<Record<string, number>> }) {
  const entries = Object.entries(errors);
  if (entries.length === 0) return <span class="dim">0</span>;
  return entries.map(([name, times]) => (
    <button
      key={name}
      type="button"
      class="quiet small"
      onClick={() => changeQuery({ ...onlyThese({ calls: call, error: name }), tab: undefined })}
    >
      {count(times)} {name}
    </button>
  ));
}

/** The calls that took longest. */
export function Slowest({ summary }: { summary: Summary }) {
  const [shown, show] = useState<TraceEvent>();
  const { slowest } = summary;
  if (slowest.length === 0) return <p class="dim">No call yet.</p>;
  return (
    <>
      <p class="dim">
        The ten calls that took longest. Waiting for work (epoll_wait, futex, accept) is no fault.
      </p>
      <Scroll label="Slowest calls" class="trace-slowest">
        {slowest.map((event, index) => (
          <EventLine key={index} event={event} onShow={show} />
        ))}
      </Scroll>
      {shown === undefined ? null : <CallDialog event={shown} onClose={() => show(undefined)} />}
    </>
  );
}

/** The files and the other ends that the calls were about. */
export function Touched({ summary: { files, peers } }: { summary: Summary }) {
  return (
    <>
      <h2>Files</h2>
      <Things label="Files" things={files.map(({ path, ...seen }) => ({ name: path, ...seen }))} />
      <h2>Peers</h2>
      <Things label="Peers" things={peers.map(({ peer, ...seen }) => ({ name: peer, ...seen }))} />
    </>
  );
}

interface Thing {
  readonly name: string;
  readonly count: number;
  readonly overcount: number;
  readonly totalNs: number;
}

function Things({ label, things }: { label: string; things: readonly Thing[] }) {
  if (things.length === 0) return <p class="dim">No call was about any.</p>;
  return (
    <ScrollTable label={label} heads={headsOf([label === "Files" ? "Path" : "Other end"], ["Calls", "Time"])}>
      {things.map((thing) => (
        <tr key={thing.name}>
          <td>
            <button
              type="button"
              class="quiet small"
              onClick={() => changeQuery({ ...onlyThese({ text: textIn(thing.name) }), tab: undefined })}
            >
              {thing.name}
            </button>
          </td>
          <Figure>
            {thing.overcount === 0 ? "" : "about "}
            {count(thing.count)}
          </Figure>
          <Figure>{duration(msOf(thing.totalNs))}</Figure>
        </tr>
      ))}
    </ScrollTable>
  );
}

/** Of `TCP 10.0.0.7:80` the address: that is what lines have. */
function textIn(name: string): string {
  return /^[A-Z][\w-]* (\S+)$/.exec(name)?.[1] ?? name;
}
