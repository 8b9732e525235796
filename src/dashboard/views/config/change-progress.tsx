import { useEffect, useState } from "preact/hooks";
import type { ConfigChange } from "../../api/api-types.ts";
import { ask } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { isOperator } from "../../state/session.ts";
import { Failure } from "../../ui/failure.tsx";
import { duration } from "../../ui/format.ts";
import { Live } from "../../ui/live.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Output } from "../../ui/output.tsx";
import { Remedy } from "../../ui/remedy.tsx";
import { isBeingPutBack, sayOutcome, sayPhase } from "./words.ts";

type Phase = ConfigChange["phases"][number];
type Check = Phase["checks"][number];

const LOOK_MS = 400;

/** A change as it goes on: its steps, what each showed, and what came of it. */
export function ChangeProgress({ id, onOver }: { id: string; onOver: () => void }) {
  const [isOver, setOver] = useState(false);
  const change = useAnswer("GET /changes/{id}", {
    params: { id },
    ...(isOver ? {} : { everyMs: LOOK_MS }),
  });
  const state = change.value?.state ?? "running";
  useEffect(() => {
    if (state === "running") return;
    setOver(true);
    onOver();
  }, [state]);
  return (
    <>
      <Live>{change.value === undefined ? null : <Outcome change={change.value} />}</Live>
      <Loaded of={change}>{(value) => <Progress change={value} />}</Loaded>
    </>
  );
}

function Outcome({ change }: { change: ConfigChange }) {
  const { tone, says } = sayOutcome(change);
  return <p class={`config-outcome ${tone}`}>{says}</p>;
}

function Progress({ change }: { change: ConfigChange }) {
  const [trouble, setTrouble] = useState<unknown>();
  const giveUp = () => {
    ask("DELETE /changes/{id}", { params: { id: change.id } }).catch(setTrouble);
  };
  return (
    <>
      <ol class="config-phases">
        <li>
          <span class="good">✓</span> Written: {change.files.map(({ name }) => name).join(", ")}
          {change.files.every(({ atomic }) => atomic) ? null : (
            <p class="dim">In place, as the file itself is a mount: not at once.</p>
          )}
        </li>
        {change.phases.map((phase) => (
          <PhaseItem key={phase.name} phase={phase} />
        ))}
      </ol>
      {change.state === "running" && !isBeingPutBack(change.phases) && isOperator() ? (
        <p>
          <button type="button" class="quiet" onClick={giveUp}>
            Give it up: put the previous content back
          </button>
        </p>
      ) : null}
      {trouble === undefined ? null : <Failure error={trouble} />}
    </>
  );
}

function PhaseItem({ phase }: { phase: Phase }) {
  const { passed, detail, reloads, checks, startedAt, endedAt } = phase;
  const took = endedAt === null ? undefined : Date.parse(endedAt) - Date.parse(startedAt);
  const remedies = [...reloads, ...checks].flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy]));
  return (
    <li>
      <Mark passed={passed} /> {sayPhase(phase)}{" "}
      <span class="dim">{took === undefined ? "…" : took < 1 ? "" : `in ${duration(took)}`}</span>
      {detail === "" ? null : <p class={passed === false ? "bad" : "dim"}>{detail}</p>}
      {reloads.map(({ output }) => (output === undefined ? null : <Evidence key={output} text={output} />))}
      {passed === false ? checks.filter((check) => !check.passed).map(evidenceOf) : null}
      {remedies.map((remedy) => (
        <Remedy key={remedy} text={remedy} />
      ))}
    </li>
  );
}

function Mark({ passed }: { passed: boolean | null }) {
  if (passed === null) return <span class="fair">•</span>;
  return <span class={passed ? "good" : "bad"}>{passed ? "✓" : "✗"}</span>;
}

function evidenceOf({ kind, detail, body, line, output }: Check) {
  const seen = body ?? line ?? output;
  return seen === undefined ? null : <Evidence key={`${kind}${detail}`} text={seen} />;
}

function Evidence({ text }: { text: string }) {
  if (text.trim() === "") return null;
  return <Output text={text} />;
}
