import { expect, test } from "vitest";
import { forwardingPlace } from "../features/logs/forward/forwarding.ts";
import { expectedOutcome, killForwarders } from "../features/logs/forward/kill-rounds.ts";
import { killTargets } from "../features/logs/forward/kill-targets.ts";
import { randomOf } from "../support/random.ts";

const ROUNDS = Number(process.env["SOAK_KILLS"] ?? 500);
const SEED = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
const MAX_ROUND_MS = 5_000;

test(
  `killed at ${ROUNDS} random instants, each line arrives at least once, in its order, and only the last batch twice`,
  async () => {
    await using targets = await killTargets();
    await using place = await forwardingPlace();
    const random = randomOf(SEED);
    const { lines, outcomes } = await killForwarders(place, targets.all, { rounds: ROUNDS, random });
    const report = { seed: SEED, lines, again: outcomes.map(({ stepsBack }) => stepsBack.length) };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    for (const outcome of outcomes) expect(outcome, `seed ${SEED}`).toEqual(expectedOutcome(outcome, ROUNDS));
  },
  60_000 + ROUNDS * MAX_ROUND_MS,
);
