import type { AppError } from "../base/errors.ts";
import { type Phase, phaseExpired, type TimeoutsMs } from "./phases.ts";

/** One timer for the phases of one upgrade: each phase begins it anew. */
export interface PhaseTimer {
  begin(phase: Phase): void;
  stop(): void;
}

/** Makes the timer; `expired` gets the failure that the client is to be told. */
export function createPhaseTimer(timeoutsMs: TimeoutsMs, expired: (error: AppError) => void): PhaseTimer {
  let timer: NodeJS.Timeout | undefined;
  return {
    begin(phase) {
      clearTimeout(timer);
      timer = setTimeout(() => expired(phaseExpired(phase, timeoutsMs)), timeoutsMs[phase]);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
