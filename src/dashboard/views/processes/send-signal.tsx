import { useState } from "preact/hooks";
import type { Answers } from "../../api/api-types.ts";
import { ask } from "../../api/ask.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";

type Detail = Answers["GET /processes/{pid}"];
type Signal = Detail["signals"][number];
type Sent = Answers["POST /processes/{pid}/signals"];

const MEANINGS: Readonly<Record<Signal, string>> = {
  SIGHUP: "Many programs read their configuration again.",
  SIGINT: "Asks it to end, as Ctrl-C does.",
  SIGQUIT: "Asks it to end; a JVM writes its threads to its log instead.",
  SIGABRT: "Ends it, often with a core dump.",
  SIGKILL: "Ends it at once: it can save nothing.",
  SIGUSR1: "Means what the program makes of it; Node.js opens its debugger.",
  SIGUSR2: "Means what the program makes of it.",
  SIGTERM: "Asks it to end.",
  SIGCONT: "Lets it run on, if it was stopped.",
  SIGSTOP: "Stops it until SIGCONT: it answers nothing meanwhile.",
  SIGTSTP: "Asks it to stop until SIGCONT.",
  SIGWINCH: "Tells it that its window has changed; some servers end gracefully.",
};

const EFFECTS: Readonly<Record<Sent["effect"], string>> = {
  handled: "The process handles it.",
  "ends the process": "It ends the process.",
  "stops the process": "The process stands still now.",
  "continues the process": "The process runs on.",
};

/** Offers the signals that the settings allow; each is sent only after a second look. */
export function Signals({ detail }: { detail: Detail }) {
  const [isOpen, setOpen] = useState(false);
  if (detail.signals.length === 0) return null;
  return (
    <>
      <button type="button" class="quiet" onClick={() => setOpen(true)}>
        Send a signal
      </button>
      {isOpen ? <SignalDialog detail={detail} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function SignalDialog({ detail, onClose }: { detail: Detail; onClose: () => void }) {
  const { pid, name, startTime, signals, isMain } = detail;
  const [chosen, choose] = useState<Signal>();
  const [state, setState] = useState<{ readonly sent?: Sent; readonly error?: unknown }>({});
  const sendIt = async (signal: Signal) => {
    setState({});
    try {
      const params = { pid };
      setState({ sent: await ask("POST /processes/{pid}/signals", { params, body: { signal, startTime } }) });
    } catch (error) {
      setState({ error });
    }
  };
  return (
    <Dialog title={`Send a signal to ${name} (${pid})`} onClose={onClose}>
      <fieldset class="signal-choice">
        <legend>Which one? The setting processes.signals allows these.</legend>
        {signals.map((signal) => (
          <label key={signal}>
            <input type="radio" name="signal" checked={chosen === signal} onChange={() => choose(signal)} />
            <b>{signal}</b> {MEANINGS[signal]}
          </label>
        ))}
      </fieldset>
      {isMain ? (
        <p class="fair">It is the app’s main process: when it ends, the app’s container ends.</p>
      ) : null}
      {chosen === undefined ? null : (
        <p>
          <button type="button" class="danger" onClick={() => void sendIt(chosen)}>
            Send {chosen} to {pid}
          </button>
        </p>
      )}
      <p role="status">
        {state.sent === undefined ? "" : `${state.sent.signal} was sent. ${EFFECTS[state.sent.effect]}`}
      </p>
      {state.error === undefined ? null : <Failure error={state.error} />}
    </Dialog>
  );
}
