import { useState } from "preact/hooks";
import { send } from "../../api/ask.ts";
import { isOperator } from "../../state/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Live } from "../../ui/live.tsx";
import { exactText, parseExact } from "./exact-json.ts";
import { JavaField } from "./java-field.tsx";
import { isTruth, typedValue } from "./java-input.ts";
import { JavaValue } from "./java-value.tsx";
import { type MBean, shortType } from "./jvm-types.ts";

type OperationInfo = MBean["operations"][number];

const IMPACTS: Readonly<Record<OperationInfo["impact"], string>> = {
  info: "only tells something",
  action: "changes something",
  "action-info": "changes something, and tells of it",
  unknown: "does not say whether it changes something",
};

export interface OperationProps {
  readonly pid: number;
  readonly mbean: string;
  readonly operation: OperationInfo;
  /** Whether no other has its name. */
  readonly isOnly: boolean;
}

/** An operation, and for operators the form to call it. */
export function Operation({ pid, mbean, operation, isOnly }: OperationProps) {
  const { name, description, returnType, impact, parameters } = operation;
  const [texts, setTexts] = useState<readonly string[]>(
    parameters.map(({ type }) => (isTruth(type) ? "false" : "")),
  );
  const [outcome, setOutcome] = useState<{ result?: unknown; error?: unknown }>();
  const signature = `${name}(${parameters.map(({ type }) => type).join(",")})`;
  const call = async () => {
    setOutcome(undefined);
    try {
      const values = parameters.map(({ type }, index) => typedValue(texts[index] ?? "", type));
      const answer = await send("POST /jvm/{pid}/mbeans/{mbean}/operations/{operation}", {
        params: { pid, mbean, operation: isOnly ? name : signature },
        headers: { "Content-Type": "application/json" },
        body: exactText({ arguments: values }),
      });
      setOutcome({ result: resultOf(parseExact(await answer.text())) });
    } catch (error) {
      setOutcome({ error });
    }
  };
  return (
    <details class="card operation">
      <summary>
        <code>
          {name}({parameters.map(({ type }) => shortType(type)).join(", ")}): {shortType(returnType)}
        </code>{" "}
        <Badge tone="plain">{impact}</Badge>
      </summary>
      <p class="dim">
        {description === name ? "" : `${description}. `}It {IMPACTS[impact]}.
      </p>
      {isOperator() ? (
        <form
          class="bar"
          onSubmit={(event) => {
            event.preventDefault();
            void call();
          }}
        >
          {parameters.map(({ name: parameter, type }, index) => (
            <span class="java-parameter" key={`${index} ${parameter}`}>
              {parameter} <span class="dim">{shortType(type)}</span>
              <JavaField
                label={parameter}
                type={type}
                value={texts[index] ?? ""}
                onChange={(text) => setTexts(texts.with(index, text))}
              />
            </span>
          ))}
          <button type="submit" class="small">
            Call it
          </button>
        </form>
      ) : null}
      {outcome?.error === undefined ? null : <Failure error={outcome.error} />}
      <Live>
        {outcome !== undefined && "result" in outcome ? (
          <>
            It has given: <JavaValue name="Result" value={outcome.result} />
          </>
        ) : null}
      </Live>
    </details>
  );
}

function resultOf(answer: unknown): unknown {
  return typeof answer === "object" && answer !== null && "result" in answer ? answer.result : answer;
}
