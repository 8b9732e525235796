import type { Answers } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Remedy } from "../../ui/remedy.tsx";

type Part = Answers["GET /capabilities"]["capabilities"][number]["parts"][number];

const MEANS: Readonly<Record<string, string>> = {
  observe: "Figures are read from outside; the JVM notices nothing.",
  talk: "It is asked for threads, flags and properties, as jcmd asks; it stands still for a moment to write threads down.",
  "read MBeans of":
    "Attributes are read, by the app’s own JMX port or by an agent that the JVM starts for it.",
  disturb:
    "It may be made to collect, to count live objects and to write its heap: the app stands still meanwhile.",
};

/** How far this JVM may be touched, and the line that opens the next level. */
export function TouchLevels({ pid }: { pid: number }) {
  const capabilities = useAnswer("GET /capabilities");
  return (
    <Loaded of={capabilities}>
      {({ capabilities: all }) => {
        const parts = all
          .filter(({ name }) => name === "jvm")
          .flatMap((feature) => feature.parts)
          .filter(({ name }) => name.endsWith(` JVM ${pid}`));
        if (parts.length === 0) return <p>Nothing is known of this JVM now.</p>;
        return (
          <>
            <p class="dim">
              The setting <code>jvm.touch</code> says how far JVMs may be touched. Each level allows what
              those before it do: observe, talk, modify, disturb.
            </p>
            <ul class="touch">
              {parts.map((part) => (
                <Level key={part.name} part={part} level={part.name.replace(` JVM ${pid}`, "")} />
              ))}
            </ul>
          </>
        );
      }}
    </Loaded>
  );
}

function Level({ part: { works, reason, remedy }, level }: { part: Part; level: string }) {
  return (
    <li class="card">
      <h2>
        <span class={works ? "good" : "bad"}>{works ? "✓" : "✗"}</span> {level.replace(" of", "")}
        {works ? "" : ": not here"}
      </h2>
      <p>{MEANS[level] ?? ""}</p>
      {reason === undefined ? null : <p class={works ? "dim" : "bad"}>{reason}</p>}
      <Remedy text={remedy} />
    </li>
  );
}
