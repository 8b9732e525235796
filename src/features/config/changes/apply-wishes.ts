import { AppError, messageOf } from "../../../base/errors.ts";
import type { CommandPlace } from "../../../linux/core-namespaces.ts";
import { createFile, isVacant, type VacantPlace } from "../../../linux/new-file.ts";
import { type PinnedFile, readPinned } from "../../../linux/pinned-file.ts";
import { removePinned, replacePinned } from "../../../linux/replace-file.ts";
import type { ConfigParts } from "../config-parts.ts";
import { etagOf } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { commitWritten } from "../history/commit-written.ts";
import type { StagedVersion } from "../history/staged-version.ts";
import { factsOf } from "../thread/content-orders.ts";
import { validateChange } from "../validation/validate-change.ts";
import type { Change } from "./change.ts";
import { type Condition, checkCondition } from "./conditions.ts";
import type { Recipe } from "./make-content.ts";
import { type OneOfSeveral, saying } from "./one-of-several.ts";
import type { WrittenFile } from "./written-file.ts";

/** What a file is to become. */
export interface Wish {
  readonly file: ConfigFile;
  readonly condition: Condition;
  readonly recipe: Recipe;
  /** The version that it becomes again. */
  readonly restored: number | null;
  /** Where the request is about several files. */
  readonly oneOf?: OneOfSeveral;
}

/** A wish that was found possible: nothing is written yet. */
export interface Prepared {
  readonly wish: Wish;
  readonly place: PinnedFile | VacantPlace;
  /** Empty where there is no file yet: `oldEtag` is null then. */
  readonly old: Buffer;
  readonly oldEtag: string | null;
  readonly bytes: Buffer;
  readonly etag: string;
  readonly checkRanIn: CommandPlace | null;
}

/** How wishes are looked at. */
export interface PrepareOptions {
  /** Whether every value must keep its type. */
  readonly keepTypes: boolean;
  readonly signal: AbortSignal;
}

/**
 * Finds out whether every wish is possible: its condition holds, the new content can be made and is valid. Then hands
 * all of them to `act`, while nobody else can change any of these files through this API.
 * @throws {AppError} and nothing was changed.
 */
export async function withPrepared<T>(
  wishes: readonly Wish[],
  options: PrepareOptions,
  parts: ConfigParts,
  act: (prepared: readonly Prepared[]) => Promise<T>,
): Promise<T> {
  const paths = await Promise.all(wishes.map((wish) => idOf(wish, parts)));
  refuseTwice(wishes, paths);
  return await parts.queues.runAll(paths, async () => {
    await using opened = new AsyncDisposableStack();
    const prepared: Prepared[] = [];
    for (const wish of wishes) {
      const place = opened.use(await placeOf(wish, parts));
      prepared.push(await saying(wish.oneOf, () => prepare(wish, place, options, parts)));
    }
    return await act(prepared);
  });
}

/** Two names may lead to one file. */
async function idOf(wish: Wish, parts: ConfigParts): Promise<string> {
  await using place = await placeOf(wish, parts);
  return place.id;
}

async function placeOf({ file, condition, oneOf }: Wish, { pin, openPlace }: ConfigParts) {
  return await saying<PinnedFile | VacantPlace>(oneOf, () =>
    condition.kind === "absent" ? openPlace(file) : pin(file),
  );
}

function refuseTwice(wishes: readonly Wish[], paths: readonly string[]): void {
  const index = paths.findIndex((path, at) => paths.indexOf(path) !== at);
  if (index === -1) return;
  throw new AppError("content-invalid", `${wishes[index]?.file.name} is to be changed twice.`, {
    errors: [{ pointer: `/files/${index}`, detail: "This file is there already." }],
    remedy: "Make one change of both.",
  });
}

async function prepare(
  wish: Wish,
  place: PinnedFile | VacantPlace,
  { keepTypes, signal }: PrepareOptions,
  { maxBytes, records, unsettled, thread, deps }: ConfigParts,
): Promise<Prepared> {
  const { file, condition, recipe } = wish;
  const old = isVacant(place) ? NOTHING : await readPinned(place, maxBytes);
  const oldEtag = isVacant(place) ? null : etagOf(old);
  await records.decide(file, old);
  if (oldEtag !== null) await records.found(file, old);
  checkCondition(condition, oldEtag);
  refuseUnsettled(unsettled.get(place.id), file);
  const bytes = await thread.make({ file: factsOf(file), old, recipe });
  if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
  const checkRanIn = isOther(bytes, { old, oldEtag })
    ? await validateChange(file, { old, bytes, place, keepTypes }, { ...deps, thread }, signal)
    : null;
  return { wish, place, old, oldEtag, bytes, etag: etagOf(bytes), checkRanIn };
}

const NOTHING = Buffer.alloc(0);

/** Whether anything has to be written. */
export function isChanged(prepared: Prepared): boolean {
  return isOther(prepared.bytes, prepared);
}

function isOther(bytes: Buffer, { old, oldEtag }: Pick<Prepared, "old" | "oldEtag">): boolean {
  return oldEtag === null || !bytes.equals(old);
}

/** What comes on top of a content that is not verified yet could not be put back with it. */
function refuseUnsettled(change: Change | undefined, { name }: ConfigFile): void {
  if (change === undefined) return;
  throw new AppError("conflict", `Change ${change.id} of ${name} is still being verified.`, {
    headers: { "Retry-After": "1" },
    remedy: `GET changes/${change.id} says how it stands; DELETE gives it up.`,
    extra: { change: change.id },
  });
}

function tooLarge(sizeBytes: number, maxBytes: number): AppError {
  return new AppError("content-invalid", `The new content has ${sizeBytes} bytes; ${maxBytes} are allowed.`, {
    remedy: `SIDECAR_CONFIG_MAX_BYTES=${sizeBytes}`,
    extra: { maxBytes },
  });
}

/**
 * Puts the new contents in the place of the old ones: all of them or, where one can't be written, none. A sidecar that
 * is killed between two of them puts the first back at its next start, as the staged versions say. Once all are in
 * place it does not fail any more, even where the history can't say so.
 * @throws {AppError}
 */
export async function writePrepared(
  prepared: readonly Prepared[],
  change: Change,
  parts: ConfigParts,
): Promise<readonly WrittenFile[]> {
  const staged: StagedVersion[] = [];
  const written: WrittenFile[] = [];
  try {
    for (const each of prepared) {
      staged.push(await saying(each.wish.oneOf, () => stage(each, change, parts)));
    }
    for (const [index, { wish, place, ...made }] of prepared.entries()) {
      const outcome = await saying(wish.oneOf, () =>
        isVacant(place) ? createFile(place, made.bytes) : replacePinned(place, made.bytes),
      );
      const version = parts.isHistoryKept ? (staged[index]?.record.version ?? null) : null;
      written.push({ file: wish.file, ...made, version, outcome });
    }
  } catch (error) {
    await undo(written, parts);
    for (const version of staged) await version.discard();
    throw error;
  }
  for (const [index, { place, wish }] of prepared.entries()) {
    const version = staged[index];
    if (version !== undefined) await commitWritten(version, wish.file, parts.deps.log);
    if (wish.file.verify.length > 0) parts.unsettled.set(place.id, change);
  }
  return written;
}

function stage(
  { wish, bytes, oldEtag }: Prepared,
  { id, about }: Change,
  parts: ConfigParts,
): Promise<StagedVersion> {
  return parts.records.stage(wish.file, bytes, {
    ...about,
    changeId: id,
    restored: wish.restored,
    ...(oldEtag === null ? { created: true } : {}),
    verified: wish.file.verify.length > 0 ? "pending" : "not-asked",
  });
}

async function undo(written: readonly WrittenFile[], { pin, deps }: ConfigParts): Promise<void> {
  for (const { file, old, oldEtag } of written.toReversed()) {
    try {
      await using pinned = await pin(file);
      await (oldEtag === null ? removePinned(pinned) : replacePinned(pinned, old));
    } catch (error) {
      deps.log.error({ file: file.name, reason: messageOf(error) }, "a change could not be taken back");
    }
  }
}
