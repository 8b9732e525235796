import { expect, test } from "vitest";
import { randomOf, seedOr } from "../../../support/random.ts";
import { forwardingPlace } from "./forwarding.ts";
import { expectedOutcome, killForwarders } from "./kill-rounds.ts";
import { killTargets } from "./kill-targets.ts";

// More of them are a soak: test/soak/forwarding-kills.test.ts.
const ROUNDS = 15;

test("killed at 15 random instants, each line arrives at least once, in its order, and only the last batch twice", async () => {
  await using targets = await killTargets();
  await using place = await forwardingPlace();
  const { lines, outcomes } = await killForwarders(place, targets.all, {
    rounds: ROUNDS,
    random: randomOf(seedOr(5)),
  });
  expect(lines).toBeGreaterThan(300);
  for (const outcome of outcomes) expect(outcome).toEqual(expectedOutcome(outcome, ROUNDS));
}, 240_000);
