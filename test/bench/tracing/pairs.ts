import { randomOf } from "../../support/random.ts";
import { type MedianInterval, medianInterval } from "../statistics.ts";
import { number, table } from "../table.ts";
import { SAME_WORDS, SAME_WORDS_KEPT } from "./modes.ts";

/** What the sidecar adds to strace, told from what else the machine does: by rounds in which both are measured one right after the other. */

/** Requests a second by the name of the mode. */
export type PairedRound = ReadonlyMap<string, number>;

/** Rounds with the same programs at the same places. */
export interface PairedRounds {
  /** Where the programs ran, in words. */
  readonly where: string;
  readonly rounds: readonly PairedRound[];
}

/** What the issue allows: 5 % of what strace leaves. */
const GOAL = 0.95;
/** A wider interval is that of a machine that was too busy to tell anything. */
const MAX_WIDTH = 0.2;
const SEED = 20_260_101;
const REFERENCES = [SAME_WORDS_KEPT, SAME_WORDS];

/** The ratios of two modes, round by round, and what they come to. */
export function ratioOf(rounds: readonly PairedRound[], mode: string, reference: string): MedianInterval {
  const ratios = rounds.flatMap((round) => {
    const [ours, theirs] = [round.get(mode), round.get(reference)];
    return ours === undefined || theirs === undefined ? [] : [ours / theirs];
  });
  return medianInterval(ratios, randomOf(SEED).int);
}

/** Whether the goal is met, as far as the rounds can tell. */
export function verdictOf({ low, high }: MedianInterval): "met" | "missed" | "open" {
  if (high - low > MAX_WIDTH) return "open";
  if (low >= GOAL) return "met";
  return high < GOAL ? "missed" : "open";
}

/** The rounds as a table: a line for each place, mode and reference. */
export function pairsTable(all: readonly PairedRounds[], modes: readonly string[]): string {
  const head = [
    "where",
    "mode",
    "beside",
    "median of the ratios",
    "95 % interval",
    "at least 0.95",
    "rounds",
  ];
  const rows = all.flatMap(({ where, rounds }) =>
    modes.flatMap((mode) =>
      REFERENCES.filter((reference) => reference !== mode).map((reference) => {
        const ratio = ratioOf(rounds, mode, reference);
        return [
          ...[where, mode, reference, number(ratio.median, 3)],
          ...[`${number(ratio.low, 3)}–${number(ratio.high, 3)}`, verdictOf(ratio), number(rounds.length)],
        ];
      }),
    ),
  );
  return table(head, rows, { isText: (column) => column < 3 });
}

/** The same in another order, by chance (Fisher and Yates). */
export function shuffled<T>(values: readonly T[], int: (below: number) => number): T[] {
  const left = [...values];
  return values.flatMap(() => left.splice(int(left.length), 1));
}
