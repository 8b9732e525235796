import { runCommand } from "../../../linux/run-command.ts";
import type { VerifySettings } from "../../../settings/schema.ts";
import { describeOutcome } from "./describe-outcome.ts";
import type { Look, PreparedCheck } from "./prepared-check.ts";
import type { ReloadDeps } from "./reload.ts";

type CommandCheck = Extract<VerifySettings, { kind: "command" }>;

/** A command is asked less often than others are looked at: it costs more. */
const INTERVAL_MS = 500;

/** Whether a command ends with 0; it is run again and again until it does. */
export function prepareCommandCheck(
  check: CommandCheck,
  deps: Pick<ReloadDeps, "coreProcess">,
): PreparedCheck {
  let latest: Look | undefined;
  return {
    kind: "command",
    timeoutMs: check.timeoutMs,
    intervalMs: INTERVAL_MS,
    async look(elapsedMs, signal) {
      const timeoutMs = Math.max(check.timeoutMs - elapsedMs, 100);
      const outcome = await runCommand({ ...check, timeoutMs }, deps, signal);
      // The last one may have had no time left to say anything: what the one before said is the evidence.
      if (latest === undefined || !outcome.timedOut) latest = describeOutcome(outcome);
      return { ...latest, isFinal: latest.passed };
    },
  };
}
