import type { ConfigChange } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { Badge } from "../../ui/badge.tsx";
import { bytes, clock } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Remedy } from "../../ui/remedy.tsx";
import { headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { FileBadge, FileProblem } from "./file-facts.tsx";
import { type ListedFile, sayReload, stateBadge } from "./words.ts";

const LOOK_MS = 10_000;
const MAX_CHANGES = 10;

/** The configuration files of the app, those with a problem first; and the latest changes. */
export function FileList() {
  const files = useAnswer("GET /config", { everyMs: LOOK_MS });
  const changes = useAnswer("GET /changes", { everyMs: LOOK_MS });
  return (
    <>
      <h1>The app's configuration</h1>
      <Loaded of={files}>
        {({ files: all }) => (all.length === 0 ? <NoFiles /> : <Files files={inOrder(all)} />)}
      </Loaded>
      {changes.value === undefined || changes.value.changes.length === 0 ? null : (
        <Changes changes={changes.value.changes} />
      )}
    </>
  );
}

function inOrder(files: readonly ListedFile[]): readonly ListedFile[] {
  const rank = ({ readable, writable, problem }: ListedFile) =>
    readable ? (problem === undefined && writable ? 2 : 1) : 0;
  return files.toSorted((one, other) => rank(one) - rank(other));
}

function NoFiles() {
  return (
    <div class="config-note">
      <p>
        <strong>No configuration file is named yet.</strong> Mount the folder of the app's file into the
        sidecar, and name the file; then it can be read, changed, checked and put back here.
      </p>
      <Remedy text="SIDECAR_CONFIG_FILES=/path/of/app.ini" />
      <p class="dim">With nothing mounted, a file in the app's own root is named so:</p>
      <Remedy text="SIDECAR_CONFIG_FILES=core:/etc/app/app.ini" />
      <p>
        <a href="#/capabilities">What works in this deployment</a>
      </p>
    </div>
  );
}

function Files({ files }: { files: readonly ListedFile[] }) {
  return (
    <ul class="config-files">
      {files.map((file) => (
        <li key={file.path} class="card">
          <h2>
            <a href={linkTo(["config", file.name])}>{file.name}</a> <FileBadge file={file} />
          </h2>
          <p class="dim">
            <span class="mono">{file.path}</span>
          </p>
          <p class="dim">
            {file.format === "text" ? "plain text" : file.format}
            {file.sizeBytes === null ? "" : ` · ${bytes(file.sizeBytes)}`}
            {file.modifiedAt === null ? "" : ` · changed ${clock(file.modifiedAt)}`}
          </p>
          <p class="dim">
            After a change: {file.reload["kind"] === "none" ? "the app is not told" : sayReload(file.reload)}
          </p>
          <FileProblem file={file} />
        </li>
      ))}
    </ul>
  );
}

function Changes({ changes }: { changes: readonly ConfigChange[] }) {
  return (
    <>
      <h2>Latest changes</h2>
      <ScrollTable label="Latest changes" heads={headsOf(["When", "Came to", "Files", "Who and why"])}>
        {changes.slice(0, MAX_CHANGES).map((change) => (
          <ChangeRow key={change.id} change={change} />
        ))}
      </ScrollTable>
    </>
  );
}

function ChangeRow({ change }: { change: ConfigChange }) {
  const { startedAt, state, files, author, reason, phases } = change;
  const { tone, says } = stateBadge(state);
  const failed = phases.find(({ passed }) => passed === false);
  return (
    <tr>
      <td class="nowrap">{clock(startedAt)}</td>
      <td>
        <Badge tone={tone}>{says}</Badge>
        {failed === undefined ? null : <div class="dim">{failed.detail}</div>}
      </td>
      <td>
        {files.map(({ name }) => (
          <a key={name} href={linkTo(["config", name], { tab: "history" })}>
            {name}
          </a>
        ))}
      </td>
      <td>
        {author ?? "–"}
        {reason === null ? null : <div class="dim">“{reason}”</div>}
      </td>
    </tr>
  );
}
