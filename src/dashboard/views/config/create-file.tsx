import { useMemo, useRef, useState } from "preact/hooks";
import { isOperator } from "../../state/session.ts";
import type { OpenEditor } from "./code-mirror.ts";
import { Editor } from "./editor.tsx";
import { problemsIn, Refusal } from "./refusal.tsx";
import type { Saving } from "./use-saving.ts";
import type { ListedFile } from "./words.ts";

/** Offers to make a file that the settings name and that is not there. */
export function CreateFile({ file, saving }: { file: ListedFile; saving: Saving }) {
  const editor = useRef<OpenEditor | null>(null);
  const [kept, keep] = useState("");
  const { step } = saving;
  const refused = step.at === "refused" ? step : undefined;
  const problems = useMemo(() => problemsIn(refused?.error), [refused]);
  const review = () => {
    const text = editor.current?.text();
    if (text !== undefined) void saving.attempt({ kind: "create", text });
  };
  if (!isOperator()) {
    return <p class="config-note">The file is not there yet. An operator can create it here.</p>;
  }
  return (
    <>
      <p class="config-note">
        The settings name this file, and it is not there yet. Write its content here to create it: it is
        checked like any change, and no file that comes meanwhile is ever overwritten.
      </p>
      <div class="bar">
        <button type="button" aria-disabled={step.at === "trying"} onClick={review}>
          {step.at === "trying" ? "Checking…" : "Review and create…"}
        </button>
      </div>
      {refused === undefined ? null : (
        <Refusal {...refused} onGoTo={({ line, column }) => editor.current?.goTo(line, column)} />
      )}
      <Editor
        options={{
          label: `${file.name}, new`,
          format: file.format,
          original: "",
          text: kept,
          isReadOnly: false,
          onEdit: () => undefined,
          onSave: review,
        }}
        problems={problems}
        handle={editor}
        onGone={keep}
      />
    </>
  );
}
