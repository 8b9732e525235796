import { Badge } from "../../ui/badge.tsx";
import { Fact } from "../../ui/fact.tsx";
import { bytes, clock } from "../../ui/format.ts";
import { Remedy } from "../../ui/remedy.tsx";
import { type ListedFile, sayReload, sayVerify } from "./words.ts";

/** What can be done with a file, in a word. */
export function FileBadge({ file }: { file: ListedFile }) {
  const { readable, writable, creatable, problem } = file;
  if (creatable) return <Badge tone="fair">not there yet</Badge>;
  if (!readable) return <Badge tone="bad">can't be read</Badge>;
  if (!writable) return <Badge tone="fair">read only</Badge>;
  return problem === undefined ? (
    <Badge tone="good">can be changed</Badge>
  ) : (
    <Badge tone="fair">needs a look</Badge>
  );
}

/** What is wrong with a file, and the line that mends it; nothing where all is well. */
export function FileProblem({ file }: { file: ListedFile }) {
  const { problem, readable, writable, creatable } = file;
  if (problem === undefined || creatable) return null;
  const what = readable
    ? writable
      ? "A change would fail"
      : "It can't be changed here"
    : "It can't be shown";
  return (
    <div class={readable ? "config-note" : "config-note bad"}>
      <p>
        <strong>{what}.</strong> {problem.detail}
      </p>
      <Remedy text={problem.remedy} />
    </div>
  );
}

/** What is known of a file. */
export function FileFacts({ file }: { file: ListedFile }) {
  const { path, format, sizeBytes, modifiedAt, mode, uid, gid, atomic, reload, verify } = file;
  const brief = [
    format === "text" ? "plain text" : format,
    ...(sizeBytes === null ? [] : [bytes(sizeBytes)]),
    ...(modifiedAt === null ? [] : [`changed ${clock(modifiedAt)}`]),
  ].join(" · ");
  return (
    <details class="config-facts">
      <summary>
        <span class="mono">{path}</span> <span class="dim">{brief}</span>
      </summary>
      <dl class="facts">
        <Fact name="Path">
          <span class="mono">{path}</span>
        </Fact>
        <Fact name="Format">{format === "text" ? "plain text" : format}</Fact>
        {sizeBytes === null ? null : (
          <Fact name="Size">
            {bytes(sizeBytes)}
            {modifiedAt === null ? "" : `, changed ${clock(modifiedAt)}`}
          </Fact>
        )}
        {mode === null ? null : (
          <Fact name="Owner">
            user {uid}, group {gid}, mode {mode}
          </Fact>
        )}
        <Fact name="After a change">{sayReload(reload)}</Fact>
        <Fact name="Shown to work by">{sayVerify(verify)}</Fact>
        {atomic === false ? (
          <Fact name="Written">in place, as the file itself is a mount: mount its folder instead</Fact>
        ) : null}
      </dl>
    </details>
  );
}
