import "./traffic.css";
import { useMemo, useState } from "preact/hooks";
import { changeQuery } from "../../state/place.ts";
import { Announced } from "../../ui/announced.tsx";
import { Failure } from "../../ui/failure.tsx";
import { count } from "../../ui/format.ts";
import type { ViewProps } from "../view.ts";
import { Filters } from "./filters.tsx";
import type { TrafficRequest } from "./request.ts";
import { RequestDialog } from "./request-dialog.tsx";
import { filterOf, isShown } from "./request-list.ts";
import { RequestRows } from "./request-rows.tsx";
import { Summary } from "./summary.tsx";
import { type Requests, useRequests } from "./use-requests.ts";

/** The latest requests that were forwarded, live; one of them with everything, and what the app did meanwhile. */
export function Traffic({ place: { query } }: ViewProps) {
  const requests = useRequests();
  const filter = filterOf(query);
  const [isPaused, setPaused] = useState(false);
  const [isHeld, setHeld] = useState(false);
  const { rows, waiting } = useHeld(requests, isPaused || isHeld);
  const shown = useMemo(() => rows?.filter((request) => isShown(request, filter)), [rows, query]);
  const wanted = query.get("request") ?? undefined;
  // Clients give ids themselves: one that tries again may come twice under the same.
  const began = query.get("began") ?? undefined;
  return (
    <>
      <div class="bar">
        <h1 class="no-margin">Traffic</h1>
        <Live isPaused={isPaused} isHeld={isHeld} waiting={waiting} onPause={setPaused} />
      </div>
      <Summary requests={requests} />
      <Filters filter={filter} />
      {requests.error === undefined ? null : <Failure error={requests.error} />}
      {shown === undefined || rows === undefined ? (
        <p class="dim waiting">One moment…</p>
      ) : (
        <>
          <p class="dim">
            {shown.length === rows.length
              ? `${count(rows.length)} requests, the newest first.`
              : `${count(shown.length)} of ${count(rows.length)} requests, the newest first.`}
          </p>
          <Announced
            text={
              shown.length === rows.length ? "" : `${count(shown.length)} of ${count(rows.length)} requests`
            }
            of={JSON.stringify(filter)}
          />
          <RequestRows
            rows={shown}
            slowMs={filter.slowerMs}
            onHold={setHeld}
            isFiltered={shown.length < rows.length}
          />
        </>
      )}
      {wanted === undefined ? null : (
        <RequestDialog
          key={`${wanted} ${began}`}
          id={wanted}
          known={requests.rows?.find(
            ({ id, startTime }) => id === wanted && (began === undefined || startTime === began),
          )}
          onClose={() => changeQuery({ request: undefined, began: undefined })}
        />
      )}
    </>
  );
}

/** The rows as they were when they began to be held, and how many have come since. */
function useHeld(
  { rows }: Requests,
  isHeld: boolean,
): { readonly rows: readonly TrafficRequest[] | undefined; readonly waiting: number } {
  const [held, setHeld] = useState<readonly TrafficRequest[]>();
  if (!isHeld && held !== undefined) setHeld(undefined);
  if (isHeld && held === undefined && rows !== undefined) setHeld(rows);
  const shown = isHeld ? (held ?? rows) : rows;
  const first = shown?.[0];
  const waiting = first === undefined ? (rows?.length ?? 0) : Math.max(0, rows?.indexOf(first) ?? 0);
  return { rows: shown, waiting };
}

function Live(props: {
  isPaused: boolean;
  isHeld: boolean;
  waiting: number;
  onPause: (isPaused: boolean) => void;
}) {
  const { isPaused, isHeld, waiting, onPause } = props;
  const more =
    waiting === 0 ? "" : waiting === 1 ? " 1 more has come." : ` ${count(waiting)} more have come.`;
  return (
    <>
      <button type="button" class="quiet small" aria-pressed={isPaused} onClick={() => onPause(!isPaused)}>
        {isPaused ? "Go on" : "Pause"}
      </button>
      <span class="dim">
        {isPaused ? `Paused.${more}` : isHeld ? `Held while you are on the list.${more}` : "Live"}
      </span>
    </>
  );
}
