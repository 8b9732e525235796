import { useMemo } from "preact/hooks";
import { isOperator } from "../../state/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { isLossy } from "./change-request.ts";
import { draftOf, keepDraft } from "./drafts.ts";
import { editCount, type FormEdits, invalidFields, NO_EDITS, patchOf } from "./form-edits.ts";
import { FormGroup } from "./form-group.tsx";
import { formOf, type GroupNode, MAX_FIELDS } from "./form-tree.ts";
import { detailsByPointer, Refusal } from "./refusal.tsx";
import { type EditingProps, Meanwhile } from "./text-tab.tsx";
import { useBase } from "./use-base.ts";
import type { Saving } from "./use-saving.ts";
import type { FileContent } from "./words.ts";

interface FormProps extends EditingProps {
  /** Whether the file is being read again. */
  readonly isReading: boolean;
}

/** A file as a form made of its tree. Only what was changed in it is sent, so no mask ever is. */
export function FormTab({ file, content, saving, isReading }: FormProps) {
  const { name } = file;
  const draft = draftOf(name);
  const edits = draft?.kind === "form" ? draft.edits : NO_EDITS;
  const isChanged = editCount(edits) > 0;
  const base = useBase({
    ...{ first: draft?.kind === "form" ? draft.base : content, content, isChanged, saving },
    onFollow: () => keepDraft(name, undefined),
  });
  const root = useMemo(() => formOf(base.parsed), [base]);
  const error = saving.step.at === "refused" ? saving.step.error : undefined;
  const refused = useMemo(() => detailsByPointer(error), [error]);
  if (draft?.kind === "text") return <TextDraft />;
  if (root === undefined) return <NoForm content={base} />;
  const change = (next: FormEdits) => {
    keepDraft(name, editCount(next) === 0 ? undefined : { kind: "form", base, edits: next });
    // What is tried is not what stands here any more.
    if (saving.step.at === "trying") saving.close();
  };
  const attempt = (isLossyAllowed: boolean) =>
    void saving.attempt({ kind: "patch", patch: patchOf(root, edits), etag: base.etag, isLossyAllowed });
  const mayEdit = isOperator() && file.writable;
  return (
    <>
      {mayEdit ? (
        <FormBar
          {...{ root, edits, saving }}
          onReview={() => attempt(false)}
          onDiscard={() => {
            saving.close();
            keepDraft(name, undefined);
          }}
        />
      ) : null}
      <Meanwhile {...{ isChanged, base, content, saving }} />
      {saving.step.at === "refused" ? (
        <>
          <Refusal {...saving.step} />
          {isLossy(saving.step.error) ? (
            <p>
              <button type="button" class="danger" onClick={() => attempt(true)}>
                Show me the file written anew, without its comments and layout
              </button>
            </p>
          ) : null}
        </>
      ) : null}
      {/* What is put into the fields before they show what was saved would be taken for a part of that. */}
      <fieldset class="config-form" disabled={isReading && saving.writtenEtag !== undefined}>
        <FormGroup
          node={root}
          isRoot
          {...{ edits, refused }}
          onChange={mayEdit ? change : undefined}
          format={file.format}
        />
      </fieldset>
    </>
  );
}

function FormBar(props: {
  root: GroupNode;
  edits: FormEdits;
  saving: Saving;
  onReview: () => void;
  onDiscard: () => void;
}) {
  const { root, edits, saving, onReview, onDiscard } = props;
  const count = editCount(edits);
  const wrong = invalidFields(root, edits).length;
  const isTrying = saving.step.at === "trying";
  return (
    <div class="bar config-form-bar">
      <button type="button" disabled={count === 0 || wrong > 0} aria-disabled={isTrying} onClick={onReview}>
        {isTrying ? "Checking…" : "Review and save…"}
      </button>
      <button type="button" class="quiet" disabled={count === 0} onClick={onDiscard}>
        Discard
      </button>
      <span role="status">
        {wrong > 0 ? <Badge tone="bad">{wrong} not a number</Badge> : null}{" "}
        {count > 0 ? (
          <Badge tone="fair">{count === 1 ? "1 change" : `${count} changes`}, not saved</Badge>
        ) : (
          <span class="dim">No changes</span>
        )}
      </span>
    </div>
  );
}

function TextDraft() {
  return (
    <p class="config-note">
      There are changes of the text that are not saved. Save or discard them there; then the form shows the
      file again.
    </p>
  );
}

function NoForm({ content }: { content: FileContent }) {
  const { format, parseError, parsed } = content;
  if (format === "text") {
    return (
      <p class="config-note">
        Plain text has no keys, so there is no form for it. Where it is INI or properties by another name, say
        so in the settings: <code>format: ini</code> beside its <code>path</code> in <code>config.files</code>
        .
      </p>
    );
  }
  if (parseError !== undefined) {
    return (
      <p class="config-note bad">
        The file can't be read as {format}: {parseError.detail} (line {parseError.line}, column{" "}
        {parseError.column}) There is no form for it until that is mended; it can be edited as text.
      </p>
    );
  }
  if (typeof parsed === "object" && parsed !== null) {
    return (
      <p class="config-note">
        The file is too large for a form: it has more than {MAX_FIELDS.toLocaleString("en")} values. Edit it
        as text.
      </p>
    );
  }
  return <p class="config-note">The file holds one value and no keys, or nothing at all. Edit it as text.</p>;
}
