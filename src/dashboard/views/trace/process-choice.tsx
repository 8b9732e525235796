import { useState } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import { count } from "../../ui/format.ts";
import { choicesOf, type ProcessChoices } from "./process-choices.ts";

/** No pid, and not `main`. */
const TYPED = "typed";

/** Which process is traced: the app, one of a list, or any by its pid. */
export function ProcessChoice({ value, onChange }: { value: string; onChange: (process: string) => void }) {
  const { value: list } = useAnswer("GET /processes");
  const { app, others, omitted } = choicesOf(list?.processes ?? []);
  const [isTyped, setTyped] = useState(false);
  const isListed = value === "main" || [...app, ...others].some(({ pid }) => String(pid) === value);
  const choose = (chosen: string) => {
    setTyped(chosen === TYPED);
    onChange(chosen === TYPED ? "" : chosen);
  };
  return (
    <>
      <label>
        Process{" "}
        <select value={isTyped ? TYPED : value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
          <option value="main">The app, with all it has started</option>
          {isListed || isTyped ? null : <option value={value}>{value}</option>}
          <Group title="Of the app" processes={app} />
          <Group title="Others" processes={others} />
          <option value={TYPED}>
            {omitted === 0 ? "Another, by its pid" : `One of ${count(omitted)} more, by its pid`}
          </option>
        </select>
      </label>
      {isTyped ? (
        <label>
          Pid{" "}
          <input
            class="short"
            inputMode="numeric"
            pattern="[1-9][0-9]*"
            required
            title="The number of a process, as Processes lists it"
            value={value}
            onInput={({ currentTarget }) => onChange(currentTarget.value)}
          />
        </label>
      ) : null}
    </>
  );
}

function Group({ title, processes }: { title: string; processes: ProcessChoices["app"] }) {
  if (processes.length === 0) return null;
  return (
    <optgroup label={title}>
      {processes.map(({ pid, name }) => (
        <option key={pid} value={String(pid)}>
          {pid} {name}
        </option>
      ))}
    </optgroup>
  );
}
