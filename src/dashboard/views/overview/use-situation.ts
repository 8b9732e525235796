import type { Answers } from "../../api/api-types.ts";
import { isLoss } from "../../api/problem.ts";
import { type Known, useAnswer } from "../../api/use-answer.ts";
import type { Health, Process, ResourcePoint, Resources, Situation, TrafficPoint } from "./answers.ts";
import { gapsOf, groundOf, isLooked } from "./gaps.ts";
import { restartsOf } from "./resource-findings.ts";
import {
  type HistoryWindow,
  type LiveHistory,
  useResourceHistory,
  useTrafficHistory,
} from "./use-history.ts";

/** All that the overview knows, kept up to date. */

const HEALTH_EVERY_MS = 2_000;
const RESOURCES_EVERY_MS = 4_000;
const INDEX_EVERY_MS = 60_000;

/** What is known now. */
export interface Surroundings {
  /** Whether a feature is switched on; all are, until it is known. */
  readonly isOn: (feature: string) => boolean;
  /** Whether it has been looked how the app is. */
  readonly isKnown: boolean;
  /** What is not known of it, in sentences. */
  readonly gaps: readonly string[];
  /** What was refused; that the connection is lost, the banner says. */
  readonly refusals: readonly Error[];
  readonly health: Known<Health>;
  readonly resources: Resources | undefined;
  /** The app's main process. */
  readonly process: Process | undefined;
  readonly traffic: LiveHistory<TrafficPoint> | undefined;
  readonly course: LiveHistory<ResourcePoint> | undefined;
  readonly situation: Situation;
}

/** Asks for everything, with histories over so long. */
export function useSituation(window: HistoryWindow): Surroundings {
  const { value: index, error: indexError } = useAnswer("GET /", { everyMs: INDEX_EVERY_MS });
  const has = (feature: string) => index?.links[feature] !== undefined;
  const health = useAnswer("GET /health", { everyMs: HEALTH_EVERY_MS, statuses: [503], if: has("health") });
  const resources = useAnswer("GET /resources", { everyMs: RESOURCES_EVERY_MS, if: has("resources") });
  const process = useProcess(resources.value, has("processes"));
  const { history: traffic, error: trafficError } = useTrafficHistory(window, has("traffic"));
  const { history: course, error: courseError } = useResourceHistory(window, has("resources"));
  const grounds = {
    health: groundOf(has("health"), health.value, health.error),
    resources: groundOf(has("resources"), resources.value, resources.error),
    traffic: groundOf(has("traffic"), traffic, trafficError),
  };
  const errors = [indexError, health.error, resources.error, trafficError, courseError];
  return {
    isOn: (feature) => index === undefined || has(feature),
    isKnown: index !== undefined && isLooked(grounds),
    gaps: gapsOf(grounds),
    refusals: errors.flatMap((error) => (error === undefined || isLoss(error) ? [] : error)),
    ...{ health, resources: resources.value, process, traffic, course },
    situation: {
      ...{ health: health.value, resources: resources.value, process },
      // What is old says nothing about the last minute.
      ...{
        traffic: trafficError ? undefined : traffic?.tail,
        course: courseError ? undefined : course?.tail,
      },
      restarts: course && restartsOf(course.base.starts, course.points),
    },
  };
}

/** The main process; of one that has ended nothing stays. */
function useProcess(
  resources: Resources | undefined,
  isWanted: boolean,
): Answers["GET /processes/{pid}"] | undefined {
  const main = resources?.process ?? undefined;
  const { value, error } = useAnswer("GET /processes/{pid}", {
    everyMs: RESOURCES_EVERY_MS,
    params: { pid: main?.pid ?? 0 },
    if: isWanted && main !== undefined,
  });
  return main === undefined || error !== undefined ? undefined : value;
}
