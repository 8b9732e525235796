import { expect } from "vitest";
import { z } from "zod";
import { changeState } from "../../src/features/config/changes/change-schema.ts";
import { timeOfTicks } from "../../src/linux/boot-clock.ts";
import type { CoreProcess } from "../../src/linux/core-process.ts";
import { readStat } from "../../src/linux/proc.ts";

/** What the tests of real programs' configuration share. */

/** The header of a client that waits until a change is verified. */
export const WAIT = { prefer: "wait=60" };

/** A program of the test as the sidecar finds the app. */
export async function processOf(pid: number): Promise<CoreProcess> {
  const stat = await readStat(pid);
  if (stat === undefined) throw new Error(`process ${pid} has ended`);
  return { kind: "found", pid, startTime: timeOfTicks(stat.startTicks), foundBy: "the test" };
}

const refusal = z.object({ code: z.literal("change-rolled-back"), change: changeState });

/** The change that was put back, as its answer tells it. */
export async function rolledBack(answer: Response) {
  const body: unknown = await answer.json();
  expect([answer.status, body]).toMatchObject([422, { code: "change-rolled-back" }]);
  return refusal.parse(body).change;
}
