import { useState } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import type { Place } from "../../state/place.ts";
import { changeQuery } from "../../state/place.ts";
import { isOperator } from "../../state/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { bytes, clock } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { Compare } from "./compare.tsx";
import { Refusal } from "./refusal.tsx";
import type { Saving } from "./use-saving.ts";
import { type ListedFile, sayKind, type Version, verifiedBadge } from "./words.ts";

const LOOK_MS = 5_000;
/** As many are seen at first, and with each wish for more. */
const PAGE = 50;

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
    <Scroll label="Versions">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              Version
            </th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What and why</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <VersionRow
              key={version.version}
              {...{ version }}
              onRestore={mayRestore ? restore : undefined}
              isBusy={saving.step.at === "trying"}
            />
          ))}
        </tbody>
      </table>
    </Scroll>
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
      <td class="number">{number}</td>
      <td class="nowrap">{clock(at)}</td>
      <td>{author ?? <span class="dim">not through the sidecar</span>}</td>
      <td>
        {sayKind(version)} {isCurrent ? <Badge tone="good">in place now</Badge> : null}{" "}
        {verified === undefined ? null : <Badge tone={verified.tone}>{verified.says}</Badge>}
        {reason === null ? null : <div class="dim">“{reason}”</div>}
      </td>
      <td class="number nowrap">{bytes(sizeBytes)}</td>
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
            disabled={isBusy}
            onClick={() => onRestore(number)}
          >
            Restore
          </button>
        )}
      </td>
    </tr>
  );
}
