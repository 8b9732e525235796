import { useState } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import type { Place } from "../../state/place.ts";
import { changeQuery } from "../../state/place.ts";
import { isOperator } from "../../state/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { bytes, clock } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { Compare } from "./compare.tsx";
import { Refusal } from "./refusal.tsx";
import type { Saving } from "./use-saving.ts";
import { type ListedFile, sayKind, type Version, verifiedBadge } from "./words.ts";

const LOOK_MS = 5_000;
/** As many are seen at first, and with each wish for more. */
const PAGE = 50;
const HEADS = [
  ...headsOf([], ["Version"]),
  ...headsOf(["When", "Who", "What and why"], ["Size"]),
  { title: "Actions" },
];

/** The versions of a file: who made each, when and why; what differs between two; and the way back to one. */
export function HistoryTab(props: { file: ListedFile; place: Place; saving: Saving }) {
  const { file, place, saving } = props;
  const versions = useAnswer("GET /config/{name}/versions", {
    params: { name: file.name },
    everyMs: LOOK_MS,
  });
  const [shown, setShown] = useState(PAGE);
  return (
    <>
      {saving.step.at === "refused" ? <Refusal {...saving.step} /> : null}
      <Loaded of={versions}>
        {({ versions: all }) =>
          all.length === 0 ? (
            <p class="config-note">
              No version is kept yet: the first is kept as soon as the file can be read.
            </p>
          ) : (
            <>
              <Compare name={file.name} versions={all} query={place.query} />
              <VersionTable versions={all.slice(0, shown)} {...{ file, saving }} />
              {all.length > shown ? (
                <button type="button" class="quiet" onClick={() => setShown(shown + PAGE)}>
                  Show older ones ({all.length - shown} more)
                </button>
              ) : null}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function VersionTable(props: { versions: readonly Version[]; file: ListedFile; saving: Saving }) {
  const { versions, file, saving } = props;
  const mayRestore = isOperator() && file.writable && file.etag !== null;
  const restore = (version: number) => {
    if (file.etag === null) return;
    void saving.attempt({ kind: "restore", version, etag: file.etag });
  };
  return (
    <ScrollTable label="Versions" heads={HEADS}>
      {versions.map((version) => (
        <VersionRow
          key={version.version}
          {...{ version }}
          onRestore={mayRestore ? restore : undefined}
          isBusy={saving.step.at === "trying"}
        />
      ))}
    </ScrollTable>
  );
}

function VersionRow(props: {
  version: Version;
  onRestore: ((version: number) => void) | undefined;
  isBusy: boolean;
}) {
  const { version, onRestore, isBusy } = props;
  const { version: number, at, author, reason, sizeBytes, isCurrent } = version;
  const verified = verifiedBadge(version);
  return (
    <tr>
      <Figure>{number}</Figure>
      <td class="nowrap">{clock(at)}</td>
      <td>{author ?? <span class="dim">not through the sidecar</span>}</td>
      <td>
        {sayKind(version)} {isCurrent ? <Badge tone="good">in place now</Badge> : null}{" "}
        {verified === undefined ? null : <Badge tone={verified.tone}>{verified.says}</Badge>}
        {reason === null ? null : <div class="dim">“{reason}”</div>}
      </td>
      <Figure>{bytes(sizeBytes)}</Figure>
      <td class="nowrap">
        <button
          type="button"
          class="quiet small"
          aria-label={`What changed in version ${number}`}
          onClick={() => changeQuery({ from: undefined, to: number })}
        >
          What changed
        </button>{" "}
        {onRestore === undefined || isCurrent ? null : (
          <button
            type="button"
            class="quiet small"
            aria-label={`Restore version ${number}`}
            aria-disabled={isBusy}
            onClick={() => onRestore(number)}
          >
            Restore
          </button>
        )}
      </td>
    </tr>
  );
}
