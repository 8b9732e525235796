import type { ConfigParts } from "../config-parts.ts";
import type { Change } from "./change.ts";
import type { ChangeState } from "./change-schema.ts";

/** The path of a change. */
export function changePath({ deps }: ConfigParts, id: string): string {
  return `${deps.prefix}/changes/${id}`;
}

/** All changes that are kept, the newest first. */
export function describeChanges(parts: ConfigParts): readonly ChangeState[] {
  return parts.changes.list().map((change) => describeChange(change, changePath(parts, change.id), parts));
}

/** A change as the API tells it. `path` is its own. */
export function describeChange(change: Change, path: string, { changes }: ConfigParts): ChangeState {
  const { id, state, about, startedAt, files, phases } = change;
  const expiresAtMs = changes.expiresAt(change);
  return {
    ...{ id, state, ...about },
    startedAt: startedAt.toISOString(),
    files: files.map(({ file, oldEtag, etag, version, outcome, checkRanIn }) => ({
      ...{ name: file.name, oldEtag, etag, version },
      atomic: outcome.atomic,
      attributes: { ...outcome.attributes },
      checkRanIn,
    })),
    phases: phases.map(({ reloads, checks, ...phase }) => ({
      ...phase,
      startedAt: phase.startedAt.toISOString(),
      endedAt: phase.endedAt?.toISOString() ?? null,
      reloads: reloads.map((reload) => ({ ...reload, files: [...reload.files] })),
      checks: checks.map((check) => ({ ...check })),
    })),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    links: { self: path },
  };
}
