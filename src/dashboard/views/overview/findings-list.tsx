import { isOperator } from "../../state/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { clock } from "../../ui/format.ts";
import { Remedy } from "../../ui/remedy.tsx";
import { Ago } from "./ago.tsx";
import type { Finding } from "./finding.ts";
import { verdictOf } from "./findings.ts";

/** What is wrong, the worst first, or that nothing is. A change is read out. */
export function FindingList(props: {
  findings: readonly Finding[];
  /** What is not known, in sentences. */
  gaps: readonly string[];
  /** False until it has been looked. */
  isKnown: boolean;
  since: string | undefined;
}) {
  const { findings, gaps, isKnown, since } = props;
  if (!isKnown) {
    return (
      <>
        <h1>Overview</h1>
        <p class="dim waiting">One moment…</p>
      </>
    );
  }
  const isWell = findings.length === 0;
  const tone = findings[0]?.tone ?? (gaps.length === 0 ? "good" : "plain");
  return (
    <section class={`verdict ${tone}`} aria-labelledby="verdict">
      <div role="status">
        <h1 id="verdict">
          <span aria-hidden="true" class={tone}>
            {MARKS[tone]}
          </span>{" "}
          {verdictOf(findings, gaps)}
        </h1>
      </div>
      {isWell ? (
        gaps.length > 0 ? null : (
          <p class="dim">
            Every check passes, and no figure is near its limit
            {since === undefined ? "" : `: since ${clock(since)}`}.
          </p>
        )
      ) : (
        <ol class="findings">
          {findings.map((finding) => (
            <FindingCard key={finding.id} finding={finding} />
          ))}
        </ol>
      )}
      <Gaps gaps={gaps} />
    </section>
  );
}

const MARKS = { good: "✓", plain: "?", fair: "!", bad: "✗" } as const;

function Gaps({ gaps }: { gaps: readonly string[] }) {
  if (gaps.length === 0) return null;
  return (
    <ul class="gaps dim">
      {gaps.map((gap) => (
        <li key={gap}>{gap}</li>
      ))}
    </ul>
  );
}

function FindingCard({ finding }: { finding: Finding }) {
  const { tone, title, detail, advice, remedy, since, more } = finding;
  return (
    <li class={`finding ${tone}`}>
      <h2>
        {title} <Badge tone={tone}>{tone === "bad" ? "wrong now" : "worth a look"}</Badge>
      </h2>
      <p>
        {detail}
        {since === undefined || since === null ? null : (
          <span class="dim">
            {" "}
            Since {clock(since)} (<Ago moment={since} />
            ).
          </span>
        )}
      </p>
      {advice === undefined ? null : (
        <p>
          <strong>What to do:</strong> {advice}
        </p>
      )}
      <Remedy text={remedy} />
      {more === undefined || (more.isForOperators === true && !isOperator()) ? null : (
        <p>
          <a href={more.href}>{more.text}</a>
        </p>
      )}
    </li>
  );
}
