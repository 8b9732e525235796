import type { CommandPlace } from "../../../linux/core-namespaces.ts";
import type { CommandOutcome } from "../../../linux/run-command.ts";

/** What a command came to, as it is told. */
export interface ShownOutcome {
  readonly passed: boolean;
  readonly detail: string;
  readonly exitCode: number | null;
  /** What it wrote last, as it is: with its secrets. */
  readonly output: string;
  readonly ranIn: CommandPlace;
}

/** Describes how a command ended: with 0 it has passed. */
export function describeOutcome(outcome: CommandOutcome): ShownOutcome {
  const { command, exitCode, signal, timedOut, durationMs, output, ranIn } = outcome;
  const program = command[0] ?? "";
  const how = timedOut
    ? `did not end within ${durationMs} ms and was stopped`
    : signal === null
      ? `ended with exit code ${exitCode}`
      : `was ended by ${signal}`;
  return { passed: exitCode === 0 && !timedOut, detail: `${program} ${how}.`, exitCode, output, ranIn };
}
