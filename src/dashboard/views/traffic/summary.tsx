import { count } from "../../ui/format.ts";
import { summaryOf } from "./totals.ts";
import type { Requests } from "./use-requests.ts";

/** What was forwarded since the sidecar's start, in a sentence, and by whose fault it failed. */
export function Summary({ requests: { totals, missed } }: { requests: Requests }) {
  if (totals === undefined) return null;
  return (
    <>
      <p>{summaryOf(totals)}</p>
      {missed === 0 ? null : (
        <p class="fair">
          {count(missed)} more came faster than the sidecar keeps them. A higher{" "}
          <code>SIDECAR_TRAFFIC_RECENT</code> keeps more.
        </p>
      )}
    </>
  );
}
