import type { Answers } from "../../api/api-types.ts";

/** The processes that the form of a trace offers. */

type Process = Pick<
  Answers["GET /processes"]["processes"][number],
  "pid" | "name" | "isCore" | "isSidecar" | "isKernelThread"
>;

/** Of each group so many: more are no list that one chooses from, and hold the page up. */
const MAX_LISTED = 100;

/** What one can choose from. */
export interface ProcessChoices {
  readonly app: readonly Process[];
  readonly others: readonly Process[];
  /** How many are left out: one names them by their pid. */
  readonly omitted: number;
}

/** Those that can be traced, the app's and others, the first of each. */
export function choicesOf(processes: readonly Process[]): ProcessChoices {
  const traceable = processes.filter((each) => !each.isSidecar && !each.isKernelThread);
  const isApps = ({ isCore }: Process) => isCore === true;
  const app = traceable.filter(isApps).slice(0, MAX_LISTED);
  const others = traceable.filter((each) => !isApps(each)).slice(0, MAX_LISTED);
  return { app, others, omitted: traceable.length - app.length - others.length };
}
