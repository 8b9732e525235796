import { AppError } from "../base/errors.ts";

/** The part of an exchange with the core that is being waited for. */
export type Phase = "connect" | "response" | "idle";

const DETAILS: Readonly<Record<Phase, string>> = {
  connect: "No connection to the app could be made in time.",
  response: "The app took the request but did not begin its answer in time.",
  idle: "The exchange with the app stood still for too long.",
};

const SETTINGS: Readonly<Record<Phase, string>> = {
  connect: "SIDECAR_CORE_CONNECT_TIMEOUT_MS",
  response: "SIDECAR_CORE_RESPONSE_TIMEOUT_MS",
  idle: "SIDECAR_CORE_IDLE_TIMEOUT_MS",
};

/** One timer for the phases of one exchange: each phase begins it anew, progress within a phase puts it off. */
export interface PhaseTimer {
  begin(phase: Phase): void;
  progress(): void;
  stop(): void;
}

/** Makes the timer; `expired` gets the failure that the client is to be told. */
export function createPhaseTimer(
  timeoutsMs: Readonly<Record<Phase, number>>,
  expired: (error: AppError) => void,
): PhaseTimer {
  let timer: NodeJS.Timeout | undefined;
  return {
    begin(phase) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        expired(
          new AppError("core-timeout", DETAILS[phase], {
            remedy: `${SETTINGS[phase]} (now ${timeoutsMs[phase]})`,
            extra: { phase },
          }),
        );
      }, timeoutsMs[phase]);
    },
    progress() {
      timer?.refresh();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
