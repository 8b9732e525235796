import { useEffect, useState } from "preact/hooks";
import { changeQuery, linkTo, place } from "../../state/place.ts";
import { clock, duration } from "../../ui/format.ts";
import { VirtualList } from "../../ui/virtual-list.tsx";
import { mostOf, SLOW_MS, type TrafficRequest, verdictOn } from "./request.ts";
import { TimeBar } from "./time-bar.tsx";

/** The list of the requests: one line each, two on a phone. */

const ROW_PX = 30;
const NARROW_ROW_PX = 58;
const NARROW = "(max-width: 50rem)";

/** @param onHold while someone points at the list or has the focus in it, it must not move. */
export function RequestRows(props: {
  rows: readonly TrafficRequest[];
  /** From when on a request counts as slow; 0: as always. */
  slowMs: number;
  isFiltered: boolean;
  onHold: (isHeld: boolean) => void;
}) {
  const { rows, slowMs, isFiltered, onHold } = props;
  const isNarrow = useNarrow();
  if (rows.length === 0) {
    return (
      <p>
        {isFiltered
          ? "None of the latest requests is like that."
          : "Nothing has been forwarded yet. Open the app through the sidecar, and its requests appear here."}
      </p>
    );
  }
  return (
    <div
      class="requests"
      onPointerEnter={({ pointerType }) => pointerType === "mouse" && onHold(true)}
      onPointerLeave={() => onHold(false)}
      onFocusIn={() => onHold(true)}
      onFocusOut={() => onHold(false)}
    >
      <div class="request-line head" aria-hidden="true">
        <span>Ended</span>
        <span>Status</span>
        <span>Request</span>
        <span class="number">Took</span>
        <span>Waited for</span>
        <span>What was wrong</span>
      </div>
      <VirtualList
        label="The latest requests"
        length={rows.length}
        rowHeight={isNarrow ? NARROW_ROW_PX : ROW_PX}
        row={(index) => {
          const request = rows[index];
          return request === undefined ? null : <Row request={request} slowMs={slowMs || SLOW_MS} />;
        }}
      />
    </div>
  );
}

function Row({ request, slowMs }: { request: TrafficRequest; slowMs: number }) {
  const { id, method, path, isPathCut, status, durationMs, startTime } = request;
  const verdict = verdictOn(request, slowMs);
  const { view, path: rest, query } = place();
  const href = linkTo([view, ...rest], { ...Object.fromEntries(query), request: id, began: startTime });
  const onClick = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    changeQuery({ request: id, began: startTime });
  };
  return (
    <a class="request-line" href={href} onClick={onClick}>
      <span class="dim when">{clock(Date.parse(startTime) + durationMs)}</span>
      <span class={toneOf(status)}>{status ?? "none"}</span>
      <span class="what mono">
        {method} {path}
        {isPathCut ? "…" : ""}
      </span>
      <span class="number took">{duration(durationMs)}</span>
      <span class="waited">
        <TimeBar request={request} /> <span class="dim">{mostOf(request)}</span>
      </span>
      <span class={`verdict-words ${verdict?.tone ?? ""}`}>{verdict?.short ?? ""}</span>
    </a>
  );
}

/** The colour of a status. */
export function toneOf(status: number | null): string {
  if (status === null || status >= 500) return "bad";
  return status >= 400 ? "fair" : "good";
}

function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const look = () => setNarrow(media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, []);
  return isNarrow;
}
