import type { Answers } from "../../api/api-types.ts";
import { count, duration } from "../../ui/format.ts";

/** What was forwarded since the sidecar's start, in words. Pure. */

/** The sums over all requests. */
export type Totals = Answers["GET /traffic"]["totals"];

/** How many requests have been over since the start. */
export function overOf({ requests }: Totals): number {
  return requests.reduce((sum, { count }) => sum + count, 0);
}

/** How many there were and how long they took, how many are under way, and by whose fault some failed. */
export function summaryOf(totals: Totals): string {
  const { inFlight, meanMs } = totals;
  const over = overOf(totals);
  const now = `${count(inFlight)} ${inFlight === 1 ? "is" : "are"} with the app now.`;
  if (over === 0) return `No request has been answered since the sidecar started; ${now}`;
  const many = over === 1 ? "1 request" : `${count(over)} requests`;
  const mean = meanMs === null ? "" : `, ${duration(meanMs)}${over === 1 ? "" : " each on average"}`;
  return `${many} since the sidecar started${mean}; ${now} ${failuresIn(totals, over)}`;
}

const SIDES = { core: "the app", sidecar: "the sidecar", client: "clients" } as const;

function failuresIn({ failures }: Totals, over: number): string {
  const failed = (["core", "sidecar", "client"] as const)
    .map((side) => ({
      who: SIDES[side],
      many: failures.filter((each) => each.side === side).reduce((sum, each) => sum + each.count, 0),
    }))
    .filter(({ many }) => many > 0);
  if (failed.length > 0) {
    return `Without a whole answer of the app: ${failed.map(({ who, many }) => `${count(many)} by ${who}`).join(", ")}.`;
  }
  return over === 1 ? "It had a whole answer of the app." : "Every one had a whole answer of the app.";
}
