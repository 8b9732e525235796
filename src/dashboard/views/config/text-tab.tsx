import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isOperator } from "../../state/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { Live } from "../../ui/live.tsx";
import type { OpenEditor } from "./code-mirror.ts";
import { draftOf, keepDraft } from "./drafts.ts";
import { Editor, MAX_COLOURED_CHARACTERS } from "./editor.tsx";
import { problemsIn, Refusal, type TextProblem } from "./refusal.tsx";
import { useBase } from "./use-base.ts";
import type { Saving } from "./use-saving.ts";
import type { FileContent, ListedFile } from "./words.ts";

/** What both ways of editing get. */
export interface EditingProps {
  readonly file: ListedFile;
  readonly content: FileContent;
  readonly saving: Saving;
}

/** A file as text: to be read, and changed by who may. */
export function TextTab({ file, content, saving }: EditingProps) {
  const { name } = file;
  const kept = useRef(draftOf(name));
  const first = kept.current?.kind === "text" ? kept.current : undefined;
  const [isChanged, setChanged] = useState(first !== undefined);
  const editor = useRef<OpenEditor | null>(null);
  const base = useBase({
    ...{ first: first?.base ?? content, content, isChanged, saving },
    onFollow({ content: text }, isOwn) {
      if (isOwn && goesOn(editor.current, saving.writtenText, text ?? "")) return;
      setChanged(false);
      editor.current?.reset(text ?? "");
    },
  });
  const last = useRef(first?.text() ?? "");
  useEffect(() => {
    const text = () => editor.current?.text() ?? last.current;
    keepDraft(name, isChanged ? { kind: "text", base, text } : undefined);
  }, [isChanged, base]);
  const mayEdit = isOperator() && file.writable;
  const review = () => {
    if (!mayEdit || editor.current === null || saving.step.at === "trying") return;
    void saving.attempt({ kind: "text", text: editor.current.text(), etag: base.etag });
  };
  const discard = () => {
    saving.close();
    editor.current?.reset(base.content ?? "");
  };
  const refused = saving.step.at === "refused" ? saving.step : undefined;
  const error = refused?.error;
  const problems = useMemo(() => marksOf(error, base), [error, base]);
  const goTo = ({ line, column }: TextProblem) => editor.current?.goTo(line, column);
  return (
    <>
      {mayEdit ? (
        <EditBar isChanged={isChanged} isTrying={saving.step.at === "trying"} {...{ review, discard }} />
      ) : null}
      <Meanwhile {...{ isChanged, base, content, saving }} />
      {refused === undefined ? null : <Refusal {...refused} onGoTo={goTo} />}
      <ParseError content={base} onGoTo={goTo} />
      <Editor
        options={{
          label: `${name}, as text`,
          format: file.format,
          original: base.content ?? "",
          text: first?.text() ?? base.content ?? "",
          isReadOnly: !mayEdit,
          onEdit(isOther) {
            setChanged(isOther);
            // What is tried is not what stands here any more.
            if (saving.step.at === "trying") saving.close();
          },
          onSave: review,
        }}
        problems={problems}
        handle={editor}
        onGone={(text) => {
          last.current = text;
        }}
      />
      {(base.content?.length ?? 0) > MAX_COLOURED_CHARACTERS ? (
        <p class="dim">The file is large: it is shown without colours, so that typing stays quick.</p>
      ) : null}
    </>
  );
}

/** What was saved is read a moment later: where one has typed on meanwhile, that is a change of it, and stays. */
function goesOn(editor: OpenEditor | null, writtenText: string | undefined, text: string): boolean {
  if (editor === null || writtenText === undefined || editor.text() === writtenText) return false;
  editor.rebase(text);
  return true;
}

function EditBar(props: { isChanged: boolean; isTrying: boolean; review: () => void; discard: () => void }) {
  const { isChanged, isTrying, review, discard } = props;
  return (
    <div class="bar">
      <button type="button" disabled={!isChanged} aria-disabled={isTrying} onClick={review}>
        {isTrying ? "Checking…" : "Review and save…"}
      </button>
      <button type="button" class="quiet" disabled={!isChanged} onClick={discard}>
        Discard
      </button>
      <span role="status">
        {isChanged ? <Badge tone="fair">changed, not saved</Badge> : <span class="dim">No changes</span>}
      </span>
    </div>
  );
}

/** Says that the file became another one while one edits. */
export function Meanwhile(props: {
  isChanged: boolean;
  base: FileContent;
  content: FileContent;
  saving: Saving;
}) {
  const { isChanged, base, content, saving } = props;
  const isOther = content.etag !== base.etag && content.etag !== saving.writtenEtag;
  return (
    <Live>
      {isChanged && isOther && saving.step.at === "rest" ? (
        <p class="config-note">
          The file was changed by somebody else meanwhile. What you have here is kept; when you save it, you
          see what they did and choose.
        </p>
      ) : null}
    </Live>
  );
}

function ParseError(props: { content: FileContent; onGoTo: (problem: TextProblem) => void }) {
  const { content, onGoTo } = props;
  const { parseError, format } = content;
  if (parseError === undefined) return null;
  const { line, column, detail, remedy } = parseError;
  return (
    <div class="config-note bad">
      <p>
        <strong>This is not valid {format}.</strong> {detail}{" "}
        {content.content === null ? (
          <span>
            (line {line}, column {column})
          </span>
        ) : (
          <button type="button" class="small" onClick={() => onGoTo(parseError)}>
            Line {line}, column {column}
          </button>
        )}
      </p>
      {remedy === undefined ? null : <p>{remedy}</p>}
    </div>
  );
}

function marksOf(error: unknown, { parseError, content }: FileContent): readonly TextProblem[] {
  if (error !== undefined) return problemsIn(error);
  return parseError === undefined || content === null ? [] : [parseError];
}
