import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../ui/dialog.tsx";
import { Live } from "../../ui/live.tsx";
import { ChangeProgress } from "./change-progress.tsx";
import type { Trial, Wanted } from "./change-request.ts";
import { Conflict } from "./conflict.tsx";
import { DiffView } from "./diff-view.tsx";
import type { Saving } from "./use-saving.ts";

/** The way of a change from what it would do to what came of it. */
export function SavingDialog(props: {
  name: string;
  saving: Saving;
  /** Drops what one wanted, and shows what is there. */
  onTakeTheirs: () => void;
  /** Called when the app took the change, or it was put back. */
  onOver: () => void;
}) {
  const { name, saving, onTakeTheirs, onOver } = props;
  const { step } = saving;
  if (step.at === "rest" || step.at === "trying" || step.at === "refused") return null;
  const takeTheirs = () => {
    saving.close();
    onTakeTheirs();
  };
  return (
    <Dialog title={titleOf(step.wanted, name)} onClose={saving.close}>
      {step.at === "review" ? (
        <Review trial={step.trial} wanted={step.wanted} isSending={step.isSending} saving={saving} />
      ) : null}
      {step.at === "stale" ? (
        <Conflict
          name={name}
          wanted={step.wanted}
          onTakeTheirs={takeTheirs}
          onMineOverTheirs={(wanted) => void saving.attempt(wanted)}
          onBack={saving.close}
        />
      ) : null}
      <Live>
        {step.at === "written" && step.changeId === undefined ? (
          <p>This is what the file held already: nothing was written.</p>
        ) : null}
      </Live>
      {step.at === "written" ? (
        <Written changeId={step.changeId} onOver={onOver} onClose={saving.close} />
      ) : null}
    </Dialog>
  );
}

function titleOf(wanted: Wanted, name: string): string {
  if (wanted.kind === "create") return `Create ${name}`;
  return wanted.kind === "restore" ? `Restore version ${wanted.version} of ${name}` : `Change ${name}`;
}

function Review(props: { trial: Trial; wanted: Wanted; isSending: boolean; saving: Saving }) {
  const { trial, wanted, isSending, saving } = props;
  const [reason, setReason] = useState("");
  if (!trial.changed) {
    return (
      <>
        <p>This is what the file holds already: there is nothing to write.</p>
        <button type="button" onClick={saving.close}>
          Close
        </button>
      </>
    );
  }
  const submit = (event: Event) => {
    event.preventDefault();
    void saving.send(reason.trim());
  };
  return (
    <form onSubmit={submit}>
      <p>
        It is valid. Nothing is written yet.
        {trial.atomic ? "" : " The file itself is a mount: it is written in place, not at once."}
      </p>
      <DiffView label="What would change" difference={trial} />
      <p>
        <label class="config-reason">
          <span>
            Why? <span class="dim">It stands in the history.</span>
          </span>
          <input
            type="text"
            maxLength={500}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
      </p>
      <div class="bar">
        <button type="submit" aria-disabled={isSending}>
          {isSending ? "Writing…" : wanted.kind === "restore" ? "Restore it" : "Save it"}
        </button>
        <button type="button" class="quiet" disabled={isSending} onClick={saving.close}>
          Not yet
        </button>
      </div>
    </form>
  );
}

function Written(props: { changeId: string | undefined; onOver: () => void; onClose: () => void }) {
  const { changeId, onOver, onClose } = props;
  const close = useRef<HTMLButtonElement>(null);
  // The button that had the focus is gone.
  useEffect(() => close.current?.focus(), []);
  return (
    <>
      {changeId === undefined ? null : <ChangeProgress id={changeId} onOver={onOver} />}
      <button type="button" ref={close} onClick={onClose}>
        Close
      </button>
    </>
  );
}
