import type { Answers, Trace } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { clock, duration, UNKNOWN } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { ranDuring } from "../../ui/trace-time.ts";

const LOOK_EVERY_MS = 2_000;
const MAX_ROWS = 300;
/** More than the sidecar remembers: those of the trace may be the oldest. */
const ALL = 1_000;

type Request = Answers["GET /traffic"]["requests"][number];

/** The requests that the app was answering while it was traced: each leads to its own calls. */
export function Requests({ trace }: { trace: Trace }) {
  const traffic = useAnswer("GET /traffic", {
    query: { limit: ALL },
    ...(trace.state === "running" ? { everyMs: LOOK_EVERY_MS } : {}),
  });
  return (
    <Loaded of={traffic}>
      {({ requests }) => <Within id={trace.id} requests={during(trace, requests)} />}
    </Loaded>
  );
}

function during(trace: Trace, requests: readonly Request[]): readonly Request[] {
  return requests.filter(({ startTime, durationMs, connection }) => {
    const start = Date.parse(startTime);
    return connection !== null && ranDuring(trace, start, start + durationMs);
  });
}

function Within({ id, requests }: { id: string; requests: readonly Request[] }) {
  if (requests.length === 0) {
    return (
      <p class="dim">
        No request that the sidecar remembers was with the app while it was traced. Send one, while the trace
        runs.
      </p>
    );
  }
  return (
    <>
      <p class="dim">Which calls did a request cause? Choose one.</p>
      <ScrollTable
        label="Requests while it was traced"
        heads={headsOf(["Request", "Began"], ["Status", "Took"])}
      >
        {requests.slice(0, MAX_ROWS).map((each) => (
          <tr key={each.id}>
            <td>
              <a href={linkTo(["trace"], { trace: id, request: each.id })}>
                {each.method} {each.path}
              </a>
            </td>
            <td class="nowrap">{clock(each.startTime)}</td>
            <Figure>{each.status ?? UNKNOWN}</Figure>
            <Figure>{duration(each.durationMs)}</Figure>
          </tr>
        ))}
      </ScrollTable>
      {requests.length > MAX_ROWS ? (
        <p class="dim">
          The latest {MAX_ROWS} of {requests.length}.
        </p>
      ) : null}
    </>
  );
}
