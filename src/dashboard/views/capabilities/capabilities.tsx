import "./capabilities.css";
import type { Answers } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Remedy } from "../../ui/remedy.tsx";

type Capability = Answers["GET /capabilities"]["capabilities"][number];
type Part = Capability["parts"][number];

const WORKS: Readonly<Record<Capability["works"], { tone: Tone; says: string }>> = {
  yes: { tone: "good", says: "works" },
  partly: { tone: "fair", says: "works in part" },
  no: { tone: "bad", says: "does not work" },
};

/** What works in this deployment, what does not, and the line that mends it. What does not work comes first. */
export function Capabilities() {
  const capabilities = useAnswer("GET /capabilities");
  return (
    <>
      <div class="bar">
        <h1>What works here</h1>
        <button type="button" class="quiet small end" onClick={capabilities.refresh}>
          Look again
        </button>
      </div>
      <p class="dim">
        The sidecar looks for itself: at its rights, at the app, at the kernel. It assumes nothing.
      </p>
      <Loaded of={capabilities}>
        {({ capabilities: all }) => inOrder(all).map((each) => <Feature key={each.name} capability={each} />)}
      </Loaded>
    </>
  );
}

function inOrder(all: readonly Capability[]): readonly Capability[] {
  const rank: readonly Capability["works"][] = ["no", "partly", "yes"];
  return all.toSorted((one, other) => rank.indexOf(one.works) - rank.indexOf(other.works));
}

function Feature({ capability }: { capability: Capability }) {
  const { name, works, parts } = capability;
  const { tone, says } = WORKS[works];
  return (
    <section class="card feature" aria-labelledby={`feature-${name}`}>
      <h2 id={`feature-${name}`}>
        {name} <Badge tone={tone}>{says}</Badge>
      </h2>
      <ul class="feature-parts">
        {parts.map((part) => (
          <FeaturePart key={part.name} part={part} />
        ))}
      </ul>
    </section>
  );
}

function FeaturePart({ part: { name, works, reason, remedy } }: { part: Part }) {
  return (
    <li>
      <span class={works ? "good" : "bad"}>{works ? "✓" : "✗"}</span> {name}
      <span class="dim">{works ? "" : " does not work"}</span>
      {reason === undefined ? null : <p class="dim">{reason}</p>}
      <Remedy text={remedy} />
    </li>
  );
}
