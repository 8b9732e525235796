import type { Answers } from "../../api/api-types.ts";

/** What the overview asks for, by short names. */

export type Health = Answers["GET /health"];
export type Check = Health["checks"][number];
export type Resources = Answers["GET /resources"];
export type Process = Answers["GET /processes/{pid}"];
export type TrafficPoint = Answers["GET /traffic/history"]["points"][number];
export type Start = Answers["GET /resources/history"]["starts"][number];
export type ResourcePoint = Answers["GET /resources/history"]["points"][number];

/** What is known at this moment; undefined is what has not been answered, or is switched off. */
export interface Situation {
  readonly health?: Health | undefined;
  readonly resources?: Resources | undefined;
  readonly process?: Process | undefined;
  /** Of the last minute, second by second. */
  readonly traffic?: readonly TrafficPoint[] | undefined;
  readonly course?: readonly ResourcePoint[] | undefined;
  /** Those of the last minutes. */
  readonly restarts?: readonly Start[] | undefined;
}
