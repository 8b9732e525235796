import { ApiError, sayError } from "../../api/problem.ts";
import { Output } from "../../ui/output.tsx";
import { Remedy } from "../../ui/remedy.tsx";
import { outputIn } from "./change-request.ts";

/** Something wrong in a text. */
export interface TextProblem {
  readonly line: number;
  readonly column: number;
  readonly detail: string;
}

/** The places in the text that a refusal names. */
export function problemsIn(error: unknown): readonly TextProblem[] {
  const errors = (error instanceof ApiError ? error.problem?.errors : undefined) ?? [];
  return errors.flatMap(({ line, column = 1, pointer, detail }) =>
    line === undefined ? [] : [{ line, column, detail: pointer === "" ? detail : `${pointer}: ${detail}` }],
  );
}

/** What a refusal says of values, by their pointers. */
export function detailsByPointer(error: unknown): ReadonlyMap<string, string> {
  const errors = (error instanceof ApiError ? error.problem?.errors : undefined) ?? [];
  return new Map(errors.map(({ pointer, detail }) => [pointer, detail]));
}

/** Why a change was refused: nothing was written. A place in the text leads there. */
export function Refusal(props: {
  error: unknown;
  /** Whether it may have been written all the same. */
  isUnknown: boolean;
  onGoTo?: (problem: TextProblem) => void;
}) {
  const { error, isUnknown, onGoTo } = props;
  const problem = error instanceof ApiError ? error.problem : undefined;
  const output = outputIn(error);
  return (
    <div class="failure" role="alert">
      <p>
        <strong>
          {isUnknown ? "It is not known whether this was saved." : "Not saved; nothing was changed."}
        </strong>{" "}
        {sayError(error)}
        {isUnknown ? " Look at the history when it is back; what you wrote is kept here." : ""}
      </p>
      {problem?.errors === undefined ? null : (
        <ul>
          {problem.errors.map(({ pointer, detail, line, column = 1 }) => (
            <li key={`${pointer}${detail}${line}`}>
              {line === undefined || onGoTo === undefined ? null : (
                <button type="button" class="small" onClick={() => onGoTo({ line, column, detail })}>
                  Line {line}, column {column}
                </button>
              )}{" "}
              {pointer === "" ? null : <code>{pointer}</code>} {detail}
            </li>
          ))}
        </ul>
      )}
      {output === undefined || output.trim() === "" ? null : <Output text={output} />}
      {problem?.errors === undefined ? <Remedy text={problem?.remedy} /> : null}
    </div>
  );
}
