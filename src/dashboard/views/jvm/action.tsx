import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Live } from "../../ui/live.tsx";

export interface ActionProps {
  /** What the button says. */
  readonly label: string;
  /** What it costs: it is asked for once more with this. */
  readonly children: ComponentChildren;
  /** Gives what is said when it is done. */
  readonly run: () => Promise<ComponentChildren>;
}

/** Something that the app feels: a button, the question whether one means it, and what came of it. */
export function Action({ label, children, run }: ActionProps) {
  const [isAsking, setAsking] = useState(false);
  const [isRunning, setRunning] = useState(false);
  const [outcome, setOutcome] = useState<{ said?: ComponentChildren; error?: unknown }>();
  const start = async () => {
    setAsking(false);
    setRunning(true);
    setOutcome(undefined);
    try {
      setOutcome({ said: await run() });
    } catch (error) {
      setOutcome({ error });
    }
    setRunning(false);
  };
  return (
    <div class="jvm-action">
      <button type="button" class="quiet" aria-disabled={isRunning} onClick={() => setAsking(!isRunning)}>
        {isRunning ? `${label}: one moment…` : `${label}…`}
      </button>
      {isAsking ? (
        <Dialog title={`${label}?`} onClose={() => setAsking(false)}>
          {children}
          <button type="button" class="danger" onClick={() => void start()}>
            {label}
          </button>
        </Dialog>
      ) : null}
      {outcome?.error === undefined ? null : <Failure error={outcome.error} />}
      <Live>{outcome?.said}</Live>
    </div>
  );
}
