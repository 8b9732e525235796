import { useEffect, useState } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import { Failure } from "../../ui/failure.tsx";
import { clock } from "../../ui/format.ts";
import type { Wanted } from "./change-request.ts";
import { DiffView } from "./diff-view.tsx";
import { sayKind, type Version } from "./words.ts";

type Difference = Parameters<typeof DiffView>[0]["difference"];

interface Theirs {
  readonly etag: string;
  readonly version?: Version;
  /** From what one began with to what is there now. */
  readonly difference?: Difference;
}

/** Somebody else changed the file since it was read: what they did, and what can be done. One's own text is kept. */
export function Conflict(props: {
  name: string;
  wanted: Wanted;
  onTakeTheirs: () => void;
  onMineOverTheirs: (wanted: Wanted) => void;
  onBack: () => void;
}) {
  const { name, wanted, onTakeTheirs, onMineOverTheirs, onBack } = props;
  const [theirs, setTheirs] = useState<Theirs>();
  const [trouble, setTrouble] = useState<unknown>();
  useEffect(() => {
    readTheirs(name, wanted.kind === "create" ? undefined : wanted.etag).then(setTheirs, setTrouble);
  }, [name, wanted]);
  return (
    <>
      <p role="alert">
        <strong>
          {wanted.kind === "create" ? "The file is there already" : "Somebody else changed the file"}
        </strong>
        : nothing of yours was written, and nothing of it is lost.
      </p>
      {trouble === undefined ? null : <Failure error={trouble} />}
      {theirs === undefined ? null : <What {...theirs} />}
      <div class="bar">
        <button
          type="button"
          disabled={theirs === undefined}
          onClick={() => theirs !== undefined && onMineOverTheirs(over(wanted, theirs.etag))}
        >
          See mine against theirs, then save over
        </button>
        <button type="button" class="quiet" onClick={onTakeTheirs}>
          Drop mine, take theirs
        </button>
        <button type="button" class="quiet" onClick={onBack}>
          Back to my text
        </button>
      </div>
    </>
  );
}

function What({ version, difference }: Theirs) {
  return (
    <>
      {version === undefined ? null : (
        <p>
          Version {version.version}: {sayKind(version)}
          {version.author === null ? "" : ` by ${version.author}`}, {clock(version.at)}
          {version.reason === null ? "" : `: “${version.reason}”`}
        </p>
      )}
      {difference === undefined ? (
        <p class="dim">What they changed is not known: there is no history of what you began with.</p>
      ) : (
        <>
          <h3>What they changed</h3>
          <DiffView label="What they changed" difference={difference} />
        </>
      )}
    </>
  );
}

function over(wanted: Wanted, etag: string): Wanted {
  return wanted.kind === "create" ? { kind: "text", text: wanted.text, etag } : { ...wanted, etag };
}

async function readTheirs(name: string, oldEtag: string | undefined): Promise<Theirs> {
  const { etag } = await ask("GET /config/{name}", { params: { name } });
  // Without a history it can't be said what they did; what one wants can be saved over it all the same.
  const list = await ask("GET /config/{name}/versions", { params: { name } }).catch(() => undefined);
  const version = list?.versions.find((each) => each.etag === etag);
  const before = list?.versions.find((each) => each.etag === oldEtag);
  if (version === undefined) return { etag };
  if (before === undefined) return { etag, version };
  const params = { name, version: version.version };
  const difference = await ask("GET /config/{name}/versions/{version}/diff", {
    params,
    query: { with: before.version },
  });
  return { etag, version, difference };
}
