import { AppError } from "../base/errors.ts";
import { STOOD_STILL } from "../web/body-watch.ts";

/** The parts of an exchange with the core that may take too long. */

/** What is being waited for. `body`: the client, which still sends its request; `client`: the client, which takes nothing of the answer. */
export type Phase = "connect" | "body" | "response" | "idle" | "client";

/** How long each phase may last, or stand still. */
export type TimeoutsMs = Readonly<Record<Phase, number>>;

const DETAILS: Readonly<Record<Phase, string>> = {
  connect: "No connection to the app could be made in time.",
  body: STOOD_STILL.detail,
  response: "The app took the request but did not begin its answer in time.",
  idle: "The exchange with the app stood still for too long.",
  client: "The client took nothing of the answer for too long.",
};

const SETTINGS: Readonly<Record<Phase, string>> = {
  connect: "SIDECAR_CORE_CONNECT_TIMEOUT_MS",
  body: STOOD_STILL.setting,
  response: "SIDECAR_CORE_RESPONSE_TIMEOUT_MS",
  idle: "SIDECAR_CORE_IDLE_TIMEOUT_MS",
  client: "SIDECAR_LIMITS_ANSWER_IDLE_MS",
};

/** The failure of a phase that took too long: the client's (408) or the core's (504). */
export function phaseExpired(phase: Phase, timeoutsMs: TimeoutsMs): AppError {
  return new AppError(
    phase === "body" || phase === "client" ? "request-timeout" : "core-timeout",
    DETAILS[phase],
    {
      remedy: `${SETTINGS[phase]} (now ${timeoutsMs[phase]})`,
      extra: { phase },
    },
  );
}
