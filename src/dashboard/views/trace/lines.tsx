import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Trace, TraceEvent } from "../../api/api-types.ts";
import { breathe, SLICE_MS } from "../../api/breathe.ts";
import { Announced } from "../../ui/announced.tsx";
import { Failure } from "../../ui/failure.tsx";
import { count } from "../../ui/format.ts";
import { VirtualList } from "../../ui/virtual-list.tsx";
import { CallDialog } from "./call-dialog.tsx";
import { createMatches, filterOf, isFiltering, type Matches } from "./event-filter.ts";
import { EventLine, LINE_HEIGHT } from "./event-line.tsx";
import type { Feed } from "./follow-events.ts";
import { LineFilter } from "./line-filter.tsx";

export interface LinesProps {
  readonly trace: Trace;
  readonly feed: Feed;
  readonly startCursor: number;
  readonly query: URLSearchParams;
  readonly isPaused: boolean;
  readonly onPause: (isPaused: boolean) => void;
}

/** The events of a trace, line by line as they come. */
export function Lines({ trace, feed, startCursor, query, isPaused, onPause }: LinesProps) {
  const { store } = feed;
  const filter = filterOf(query);
  const { matches, isSearching } = useMatches(feed, filter);
  const [isFollowing, setFollowing] = useState(trace.state === "running");
  const [shown, show] = useState<TraceEvent>();
  const row = useRows(feed, matches, show);
  const reveal = useReveal(matches, query, () => setFollowing(false));
  const error = feed.error.value;
  return (
    <>
      <LineFilter filter={filter} store={store} />
      <div class="bar">
        <PauseButton {...{ trace, feed, isPaused, onPause }} />
        <label>
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={({ currentTarget }) => setFollowing(currentTarget.checked)}
          />
          Keep to the end
        </label>
        <span class="dim">
          {isFiltering(filter)
            ? `${count(matches.length)} of ${count(store.end - store.first)} events${isSearching ? ", searching on…" : ""}`
            : `${count(store.end - store.first)} events`}
          {feed.state.value === "complete" ? "" : isPaused ? waiting(trace, feed) : ", more may come"}
        </span>
        <Announced
          text={
            isFiltering(filter) && !isSearching
              ? `${count(matches.length)} of ${count(store.end - store.first)} events`
              : ""
          }
          of={JSON.stringify(filter)}
        />
      </div>
      <Left store={feed.store} startCursor={startCursor} trace={trace} />
      {error === undefined ? null : (
        <Failure error={error}>
          <p>What came before stays here until you leave.</p>
        </Failure>
      )}
      <VirtualList
        label="System calls"
        length={matches.length}
        rowHeight={LINE_HEIGHT}
        follow={isFollowing && !isPaused}
        onFollow={setFollowing}
        idOf={(position) => matches.at(position)}
        reveal={reveal}
        row={row}
      />
      {matches.length > 0 || isSearching ? null : <Nothing isFiltering={isFiltering(filter)} trace={trace} />}
      {shown === undefined ? null : <CallDialog event={shown} onClose={() => show(undefined)} />}
    </>
  );
}

/** What passes the filter: looked for bit by bit, so that the page does not stand still meanwhile. */
function useMatches(
  feed: Feed,
  filter: ReturnType<typeof filterOf>,
): { matches: Matches; isSearching: boolean } {
  const key = JSON.stringify(filter);
  const matches = useMemo(() => createMatches(feed.store, filter), [feed, key]);
  const [isSearching, setSearching] = useState(false);
  const version = feed.version.value;
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      while (!isOver && !matches.extend(performance.now() + SLICE_MS)) {
        setSearching(true);
        await breathe();
      }
      if (!isOver) setSearching(false);
      // Also where it was done at once: the list has become longer.
      feed.shown.value += 1;
    };
    void look();
    return () => {
      isOver = true;
    };
  }, [matches, version]);
  // Read, so that this is drawn anew.
  feed.shown.value;
  return { matches, isSearching };
}

/** So many rows are kept as they were drawn: more than are in sight. */
const MAX_DRAWN = 500;

/** Draws rows, each once: what is given again as it was, is not compared when the list scrolls. */
function useRows(
  { store }: Feed,
  matches: Matches,
  onShow: (event: TraceEvent) => void,
): (position: number) => ComponentChildren {
  const drawn = useMemo(() => new Map<number, ComponentChildren>(), [store]);
  return (position) => {
    const index = matches.at(position);
    const known = drawn.get(index);
    if (known !== undefined) return known;
    if (drawn.size >= MAX_DRAWN) drawn.clear();
    const made = <EventLine event={store.event(index)} onShow={onShow} />;
    drawn.set(index, made);
    return made;
  };
}

/** Which position to bring into view, where the place names a time. */
function useReveal(matches: Matches, query: URLSearchParams, onReveal: () => void): number | undefined {
  const time = query.get("at");
  const position = time === null ? undefined : matches.positionAt(Number(time));
  useEffect(() => {
    if (time !== null) onReveal();
  }, [time]);
  return position;
}

function PauseButton({
  trace,
  feed,
  isPaused,
  onPause,
}: Pick<LinesProps, "trace" | "feed" | "isPaused" | "onPause">) {
  if (feed.state.value === "complete" || (trace.state !== "running" && !isPaused)) return null;
  return (
    <button type="button" class="quiet" aria-pressed={isPaused} onClick={() => onPause(!isPaused)}>
      {isPaused ? "Go on" : "Pause"}
    </button>
  );
}

function waiting({ events }: Trace, { store }: Feed): string {
  const ahead = Math.max(0, events - store.cursor);
  return `; ${count(ahead)} wait at the sidecar: none is lost`;
}

/** What is not in the list, and where it is. */
function Left({ store, startCursor, trace }: { store: Feed["store"]; startCursor: number; trace: Trace }) {
  const notes: string[] = [];
  const older = startCursor - trace.firstEvent + store.first;
  if (older > 0)
    notes.push(
      `${count(older)} older events are not in this page, so that it stays fast: the downloads have them.`,
    );
  if (store.missing > 0)
    notes.push(
      `${count(store.missing)} events were forgotten by the flight recorder before they could be read.`,
    );
  return notes.map((note) => (
    <p key={note} class="fair">
      {note}
    </p>
  ));
}

function Nothing({ isFiltering: isFiltered, trace }: { isFiltering: boolean; trace: Trace }) {
  if (isFiltered) return <p class="dim">No event passes the filter.</p>;
  return (
    <p class="dim">
      {trace.state === "running"
        ? "Nothing yet: the process makes no call. Send the app a request."
        : "The process made no call while it was traced."}
    </p>
  );
}
