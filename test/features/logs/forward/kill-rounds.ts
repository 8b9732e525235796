import { appendFile, rename, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fixturePath, startTarget } from "../../../linux/target-process.ts";
import { poll } from "../../../support/poll.ts";
import type { Random } from "../../../support/random.ts";
import { type ForwardingPlace, QUICK } from "./forwarding.ts";

/** A receiver that forwarders are killed in front of. */
export interface KillTarget {
  /** Its settings. */
  readonly destination: object;
  /** The texts of the lines that it got, in the order in which it got them. */
  texts(): readonly string[];
}

/** What was seen of one receiver. */
export interface KillOutcome {
  /** Lines that never came. */
  readonly missing: number[];
  /** Lines that came for the first time behind a later one. */
  readonly disordered: number[];
  /** How far it went back, each time that lines came again. */
  readonly stepsBack: number[];
}

const BATCH_LINES = 100;
const MAX_INSTANT_MS = 250;

/**
 * Kills a process that forwards a log at random instants, while the log grows and is rotated; then lets one run until
 * all has come.
 */
export async function killForwarders(
  place: ForwardingPlace,
  targets: readonly KillTarget[],
  { rounds, random }: { rounds: number; random: Random },
): Promise<{ readonly lines: number; readonly outcomes: readonly KillOutcome[] }> {
  const path = place.logs.path("app.log");
  await writeFile(path, "");
  const settings = {
    files: [path],
    forward: targets.map(({ destination }) => ({
      ...{ ...QUICK, from: "start", batchLines: BATCH_LINES, confirm: undefined },
      ...destination,
    })),
  };
  const argv = [process.execPath, fixturePath("forward-logs.ts"), place.stateDir, JSON.stringify(settings)];
  // Most of the time of a round would be spent on beginning. Vitest forbids it where it measures coverage.
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: place.logs.path("compiled"),
    NODE_DISABLE_COMPILE_CACHE: undefined,
  };
  let lines = 0;
  const grow = async () => {
    const count = random.int(30);
    const more = Array.from({ length: count }, (_, index) => `line ${lines + index}\n`);
    lines += count;
    await appendFile(path, more.join(""));
  };
  for (let round = 0; round < rounds; round++) {
    await using forwarder = await startTarget(argv, { env });
    await forwarder.line();
    const killAtMs = performance.now() + random.int(MAX_INSTANT_MS);
    while (performance.now() < killAtMs) {
      await grow();
      await delay(random.int(20));
    }
    // Before or after the kill, and again in the next round.
    if (round % 7 === 3) await rotate(path, Math.floor(round / 7));
    await forwarder.kill();
    await grow();
  }
  await grow();
  await using _ = await startTarget(argv, { env });
  const last = `line ${lines - 1}`;
  await poll("the last line", () => targets.every((target) => target.texts().includes(last)), {
    timeoutMs: 60_000,
  });
  return { lines, outcomes: targets.map((target) => outcomeOf(target.texts(), lines)) };
}

async function rotate(path: string, number: number): Promise<void> {
  await rename(path, `${path}.${1_000 - number}`);
  await writeFile(path, "");
}

function outcomeOf(texts: readonly string[], lines: number): KillOutcome {
  const missing: number[] = [];
  const disordered: number[] = [];
  const stepsBack: number[] = [];
  const seen = new Set<number>();
  let before = -1;
  let furthest = -1;
  for (const number of texts.map((text) => Number(text.slice("line ".length)))) {
    if (!seen.has(number) && number !== furthest + 1) disordered.push(number);
    if (number <= before) stepsBack.push(before - number + 1);
    seen.add(number);
    before = number;
    furthest = Math.max(furthest, number);
  }
  for (let number = 0; number < lines; number++) if (!seen.has(number)) missing.push(number);
  return { missing, disordered, stepsBack };
}

/** What must hold for each receiver: everything came, in its order, and no more than one batch came twice at a time. */
export function expectedOutcome({ stepsBack }: KillOutcome, rounds: number): KillOutcome {
  const isBounded = stepsBack.length <= rounds && stepsBack.every((step) => step <= BATCH_LINES);
  return { missing: [], disordered: [], stepsBack: isBounded ? stepsBack : [] };
}
