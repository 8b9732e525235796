import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isOperator } from "../../state/session.ts";
import { Live } from "../../ui/live.tsx";
import type { OpenEditor } from "./code-mirror.ts";
import { draftOf, keepDraft } from "./drafts.ts";
import { Editor } from "./editor.tsx";
import { problemsIn, Refusal } from "./refusal.tsx";
import type { Saving } from "./use-saving.ts";
import type { ListedFile } from "./words.ts";

/** Offers to make a file that the settings name and that is not there. What is written stays until it is there, or given up. */
export function CreateFile({ file, saving }: { file: ListedFile; saving: Saving }) {
  const { name } = file;
  const editor = useRef<OpenEditor | null>(null);
  const last = useRef(textOf(name));
  const [isChanged, setChanged] = useState(last.current !== "");
  const { step } = saving;
  const isWritten = step.at === "written";
  useEffect(() => {
    if (isWritten) setChanged(false);
  }, [isWritten]);
  useEffect(() => {
    const text = () => editor.current?.text() ?? last.current;
    keepDraft(name, isChanged ? { kind: "create", text } : undefined);
  }, [isChanged]);
  const refused = step.at === "refused" ? step : undefined;
  const problems = useMemo(() => problemsIn(refused?.error), [refused]);
  const review = () => {
    const text = editor.current?.text();
    if (text !== undefined) void saving.attempt({ kind: "create", text });
  };
  const discard = () => {
    saving.close();
    editor.current?.reset("");
  };
  if (!isOperator()) {
    return <p class="config-note">The file is not there yet. An operator can create it here.</p>;
  }
  return (
    <>
      <Live>
        <p class="config-note">
          {file.creatable
            ? "The settings name this file, and it is not there yet. Write its content here to create it: it is checked like any change, and no file that comes meanwhile is ever overwritten."
            : "Somebody else has created the file meanwhile. What you have written is kept here until you discard it; nothing of theirs is overwritten."}
        </p>
      </Live>
      <div class="bar">
        <button type="button" aria-disabled={step.at === "trying"} onClick={review}>
          {step.at === "trying" ? "Checking…" : "Review and create…"}
        </button>
        <button type="button" class="quiet" disabled={!isChanged} onClick={discard}>
          Discard
        </button>
      </div>
      {refused === undefined ? null : (
        <Refusal {...refused} onGoTo={({ line, column }) => editor.current?.goTo(line, column)} />
      )}
      <Editor
        options={{
          label: `${name}, new`,
          format: file.format,
          original: "",
          text: last.current,
          isReadOnly: false,
          onEdit: setChanged,
          onSave: review,
        }}
        problems={problems}
        handle={editor}
        onGone={(text) => {
          last.current = text;
        }}
      />
    </>
  );
}

/** What was written of it before. */
function textOf(name: string): string {
  const draft = draftOf(name);
  return draft?.kind === "create" ? draft.text() : "";
}
