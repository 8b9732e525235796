import { useEffect, useState } from "preact/hooks";
import { type Known, useAnswer } from "../../api/use-answer.ts";
import { changeQuery, type Place } from "../../state/place.ts";
import { isOperator } from "../../state/session.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Remedy } from "../../ui/remedy.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { CreateFile } from "./create-file.tsx";
import { draftOf, keepDraft } from "./drafts.ts";
import { FileBadge, FileFacts, FileProblem } from "./file-facts.tsx";
import { FormTab } from "./form-tab.tsx";
import { HistoryTab } from "./history-tab.tsx";
import { RunningChange } from "./running-change.tsx";
import { SavingDialog } from "./saving-dialog.tsx";
import { TextTab } from "./text-tab.tsx";
import { type Saving, useSaving } from "./use-saving.ts";
import type { FileContent, ListedFile } from "./words.ts";

const LOOK_MS = 5_000;
const TABS = [
  { name: "text", title: "Text" },
  { name: "form", title: "Form" },
  { name: "history", title: "History" },
] as const;

/** One configuration file: its text, its form, its history. */
export function FilePage({ name, place }: { name: string; place: Place }) {
  const list = useAnswer("GET /config", { everyMs: LOOK_MS });
  return (
    <>
      <p>
        <a href="#/config">All files</a>
      </p>
      <Loaded of={list}>
        {({ files }) => {
          const file = files.find((each) => each.name === name);
          if (file === undefined) return <NotNamed name={name} />;
          return <NamedFile {...{ file, place }} onWritten={list.refresh} />;
        }}
      </Loaded>
    </>
  );
}

function NotNamed({ name }: { name: string }) {
  return (
    <>
      <h1>{name}</h1>
      <p>No configuration file has this name. Where it is one of the app's, name it in the settings:</p>
      <Remedy text={`SIDECAR_CONFIG_FILES=/path/of/${name}`} />
    </>
  );
}

/** A file of megabytes is taken apart before it is answered. */
const PATIENCE_MS = 60_000;

function NamedFile(props: { file: ListedFile; place: Place; onWritten: () => void }) {
  const { file, place, onWritten } = props;
  const { name, readable, etag } = file;
  const [isOpen, setOpen] = useState(false);
  // Aloud, and another time: what is shown unmasked is written to the log.
  const content = useAnswer("GET /config/{name}", {
    params: { name },
    query: { secrets: isOpen ? "show" : undefined },
    if: readable,
    patienceMs: PATIENCE_MS,
  });
  const refresh = () => {
    content.refresh();
    onWritten();
  };
  const saving = useSaving(name, refresh);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (content.value !== undefined && etag !== null && etag !== content.value.etag) content.refresh();
  }, [etag]);
  const takeTheirs = () => {
    keepDraft(name, undefined);
    // Those who edited begin anew.
    setRound(round + 1);
    refresh();
  };
  // Also where it has come meanwhile: what was written to create it is not lost.
  const isCreating = file.creatable || draftOf(name)?.kind === "create";
  return (
    <>
      <div class="bar">
        <h1>{name}</h1> <FileBadge file={file} />
      </div>
      <FileFacts file={file} />
      <FileProblem file={file} />
      <RunningChange {...{ name }} isWatched={saving.step.at === "written"} onOver={refresh} />
      {isCreating ? (
        <CreateFile key={round} {...{ file, saving }} />
      ) : readable ? (
        <FileTabs key={round} {...{ file, place, content, saving, isOpen, setOpen }} />
      ) : null}
      <SavingDialog {...{ name, saving }} onTakeTheirs={takeTheirs} onOver={refresh} />
    </>
  );
}

function FileTabs(props: {
  file: ListedFile;
  place: Place;
  content: Known<FileContent>;
  saving: Saving;
  isOpen: boolean;
  setOpen: (isOpen: boolean) => void;
}) {
  const { file, place, content, saving, isOpen, setOpen } = props;
  const tab = TABS.find(({ name }) => name === place.query.get("tab"))?.name ?? "text";
  const go = (next: string) => {
    saving.close();
    changeQuery({ tab: next, from: undefined, to: undefined });
  };
  return (
    <Tabs label={`Ways to see ${file.name}`} tabs={TABS} current={tab} onChange={go}>
      {tab === "history" ? (
        <HistoryTab {...{ file, place, saving }} />
      ) : (
        <Loaded
          of={content}
          whatKeepsIt="A large file is taken apart to find its secrets: that takes a while."
        >
          {(value) => (
            <>
              <SecretsNote
                {...{ content: value, isOpen, setOpen }}
                isChanged={draftOf(file.name) !== undefined}
              />
              {tab === "form" ? (
                <FormTab {...{ file, content: value, saving }} isReading={content.isRefreshing} />
              ) : value.content === null ? null : draftOf(file.name)?.kind === "form" ? (
                <p class="config-note">
                  There are changes in the form that are not saved. Save or discard them there; then the text
                  can be changed again.
                </p>
              ) : (
                <TextTab key={String(isOpen)} {...{ file, content: value, saving }} />
              )}
            </>
          )}
        </Loaded>
      )}
    </Tabs>
  );
}

/** What of the content is held back, and the way to see it. */
function SecretsNote(props: {
  content: FileContent;
  isOpen: boolean;
  setOpen: (isOpen: boolean) => void;
  isChanged: boolean;
}) {
  const { content, isOpen, setOpen, isChanged } = props;
  const { maskedValues, contentReason, parseError } = content;
  if (!isOpen && maskedValues === 0) return null;
  const offer = isOperator() ? (
    <button type="button" class="quiet small" disabled={isChanged} onClick={() => setOpen(!isOpen)}>
      {isOpen ? "Mask them again" : "Show secrets"}
    </button>
  ) : null;
  if (isOpen) {
    return (
      <p class="config-note bar">Secrets are shown as they are; that stands in the audit log now. {offer}</p>
    );
  }
  if (contentReason !== undefined) {
    return (
      <div class="config-note bad">
        <p>
          {parseError === undefined ? null : (
            <>
              <strong>This is not valid {content.format}</strong> (line {parseError.line}, column{" "}
              {parseError.column}): {parseError.detail}{" "}
            </>
          )}
          {contentReason} {offer ?? "Only an operator may see it then."}
        </p>
      </div>
    );
  }
  const count = maskedValues === 1 ? "1 secret is" : `${maskedValues ?? 0} secrets are`;
  return (
    <p class="dim config-secrets">
      {count} masked (<code>******</code>)
      {isOperator() ? ": a mask that is left stands for the value it hides. " : "."}
      {offer}
    </p>
  );
}
