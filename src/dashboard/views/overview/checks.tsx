import { Badge, type Tone } from "../../ui/badge.tsx";
import { clock, duration, UNKNOWN } from "../../ui/format.ts";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import type { Check, Health } from "./answers.ts";

/** Every check with what it found last. */

const SAYS: Readonly<Record<"pass" | "warn" | "fail", { tone: Tone; word: string }>> = {
  pass: { tone: "good", word: "passes" },
  warn: { tone: "fair", word: "warns" },
  fail: { tone: "bad", word: "fails" },
};

const HEADS = headsOf(["Check", "State", "What it found last", "Since"], ["Took"]);

/** The table of the health checks. */
export function Checks({ health }: { health: Health }) {
  return (
    <section aria-labelledby="checks">
      <h2 id="checks">Health checks</h2>
      <ScrollTable label="Health checks, a table" heads={HEADS}>
        {health.checks.map((check) => (
          <Row key={check.name} check={check} />
        ))}
      </ScrollTable>
    </section>
  );
}

function Row({ check: { name, status, detail, since, durationMs } }: { check: Check }) {
  const { tone, word } = status === null ? { tone: "plain" as const, word: "not known yet" } : SAYS[status];
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <Badge tone={tone}>{word}</Badge>
      </td>
      <td class="found">{detail}</td>
      <td class="nowrap">{since === null ? UNKNOWN : clock(since)}</td>
      <Figure>{duration(durationMs)}</Figure>
    </tr>
  );
}
