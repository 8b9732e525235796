import { useState } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import { goTo } from "../../state/place.ts";
import { Failure } from "../../ui/failure.tsx";
import { MoreOptions } from "./more-options.tsx";
import { ProcessChoice } from "./process-choice.tsx";
import { bodyOf, CALL_CLASSES, type FormPart, type WantedTrace, wantedOf } from "./wanted-trace.ts";

/** Begins a trace. */
export function StartForm({ query }: { query: URLSearchParams }) {
  const [wanted, setWanted] = useState(() => wantedOf(query));
  const [state, setState] = useState<{ readonly isStarting?: true; readonly error?: unknown }>({});
  const change = (part: Partial<WantedTrace>) => setWanted((before) => ({ ...before, ...part }));
  const start = async (event: Event) => {
    event.preventDefault();
    if (state.isStarting) return;
    setState({ isStarting: true });
    try {
      const { id } = await ask("POST /traces", { body: bodyOf(wanted) });
      goTo(["trace"], { trace: id });
    } catch (error) {
      setState({ error });
    }
  };
  return (
    <form class="card trace-form" onSubmit={(event) => void start(event)} aria-label="Start a trace">
      <div class="bar">
        <ProcessChoice value={wanted.process} onChange={(process) => change({ process })} />
        <label>
          For{" "}
          <input
            class="short"
            inputMode="decimal"
            value={wanted.seconds}
            onInput={({ currentTarget }) => change({ seconds: currentTarget.value })}
          />{" "}
          seconds
        </label>
        <button type="submit" aria-disabled={state.isStarting === true}>
          {state.isStarting ? "Starting…" : "Start the trace"}
        </button>
      </div>
      <ClassChoice wanted={wanted} change={change} />
      <MoreOptions wanted={wanted} change={change} />
      <p class="dim">
        Tracing slows the process down: every call stops it twice, and a busy server keeps a small part of its
        throughput. The sidecar watches over it, ends the trace where it harms, and always leaves the app
        running.
      </p>
      {state.error === undefined ? null : <Failure error={state.error} />}
    </form>
  );
}

function ClassChoice({ wanted, change }: FormPart) {
  const toggle = (name: string) => {
    const { classes } = wanted;
    change({
      classes: classes.includes(name) ? classes.filter((each) => each !== name) : [...classes, name],
    });
  };
  return (
    <fieldset class="bar">
      <legend>Calls: all, or only</legend>
      {CALL_CLASSES.map(({ name, title }) => (
        <label key={name}>
          <input type="checkbox" checked={wanted.classes.includes(name)} onChange={() => toggle(name)} />
          {title}
        </label>
      ))}
    </fieldset>
  );
}
