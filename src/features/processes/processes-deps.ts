import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Logger } from "../../web/log.ts";

/** What the feature needs. */
export interface ProcessesDeps {
  readonly coreProcess: CoreProcessFinder;
  /** Where it is written down that someone has seen secrets, or has sent a signal. */
  readonly log?: Logger;
}
