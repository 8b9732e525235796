import { AppError } from "../../../base/errors.ts";
import { MASK } from "../../../base/secrets.ts";
import { type Content, encode, readContent } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { ConfigDocument, ValuePlace } from "../formats/format.ts";
import { applySplices, positionOf, type Splice, type TextRange } from "../formats/text-edit.ts";
import { equalTrees, pointerOf, type Tree } from "../formats/tree.ts";
import { type KeptSecret, keptSecrets, withSecrets } from "./kept-secrets.ts";
import {
  isMaskForm,
  type Masks,
  masksOf,
  type SecretSegment,
  secretComments,
  secretLines,
  withoutLineEnd,
} from "./masks.ts";
import type { SecretKeys } from "./secret-keys.ts";

/**
 * A whole file that was sent, with the old values wherever it has a mask in their place.
 * @throws {AppError} `content-invalid` where a mask stands for nothing, or nobody can say for what.
 */
export function unmaskContent(
  sent: Content,
  old: Content,
  { format: formatName, secretKeys: keys }: Pick<ConfigFile, "format" | "secretKeys">,
): Buffer {
  const text = sent.decoded?.text ?? "";
  if (sent.decoded === null || !text.includes(MASK)) return sent.bytes;
  const oldText = old.decoded?.text ?? "";
  if (sent.format === undefined) {
    const here = { text, segments: secretLines(text, keys) };
    const there = { text: oldText, segments: secretLines(oldText, keys) };
    return encode(applySplices(text, restoreSegments(here, there)), sent.decoded);
  }
  if (sent.document === null) {
    throw cannotTell(
      text,
      text.indexOf(MASK),
      "The content has no tree, so nobody can say what a mask stands for.",
    );
  }
  const masks = old.document === null ? new Map<string, string>() : masksOf(old.document, keys).byPointer;
  const kept = keptSecrets(sent.document.tree, old.document?.tree, masks, keys);
  const comments = restoreSegments(
    { text, segments: secretComments(text, sent.document, keys) },
    { text: oldText, segments: old.document === null ? [] : secretComments(oldText, old.document, keys) },
  );
  const wanted = withSecrets(sent.document.tree, kept);
  // First the values as they were written; where that does not fit into the new text, written anew.
  for (const asWritten of [true, false]) {
    const values = restoreValues(
      sent.document,
      text,
      { document: old.document, text: oldText, keys },
      kept,
      asWritten,
    );
    const bytes = encode(applySplices(text, [...values, ...comments]), sent.decoded);
    const tree: Tree | undefined = readContent(bytes, formatName).document?.tree;
    if (tree !== undefined && equalTrees(tree, wanted)) return bytes;
  }
  throw cannotTell(text, text.indexOf(MASK), "The values behind the masks can't be put into this text.");
}

function restoreValues(
  document: ConfigDocument,
  text: string,
  old: { document: ConfigDocument | null; text: string; keys: SecretKeys },
  kept: readonly KeptSecret[],
  asWritten: boolean,
): Splice[] {
  const oldPlaces = byOwnPath(old.document?.values ?? []);
  const masks =
    old.document === null ? new Map<ValuePlace, string>() : masksOf(old.document, old.keys).byPlace;
  const sources = new Map([
    ...sourcesOfRepeated(document, oldPlaces, masks),
    ...sourcesOf(document, oldPlaces, kept, old.keys),
  ]);
  const left = document.values.find(
    (place) =>
      isMaskForm(place.value, place.paths[0] ?? [], old.keys) &&
      !sources.has(place) &&
      !isUnchanged(place, oldPlaces),
  );
  if (left !== undefined) throw cannotTell(text, left.start, "Nobody can say what this mask stands for.");
  return [...sources].map(([place, source]) => {
    const { start, end } = withoutLineEnd(old.text, source);
    const written = asWritten ? old.text.slice(start, end) : document.write(String(source.value), place);
    return { ...withoutLineEnd(text, place), text: written };
  });
}

/** The old place that each masked place stands for. A key that stands twice has two values: each is kept for itself. */
function sourcesOf(
  document: ConfigDocument,
  oldPlaces: ReadonlyMap<string, readonly ValuePlace[]>,
  kept: readonly KeptSecret[],
  keys: SecretKeys,
): Map<ValuePlace, ValuePlace> {
  const places = byOwnPath(document.values);
  const sources = new Map<ValuePlace, ValuePlace>();
  for (const { path, oldPath } of kept) {
    const here = places.get(pointerOf(path)) ?? [];
    const there = oldPlaces.get(pointerOf(oldPath)) ?? [];
    const candidates = here.length === 1 ? there.slice(-1) : there;
    for (const [index, place] of here.entries()) {
      const source = here.length === candidates.length ? candidates[index] : undefined;
      if (source !== undefined && isMaskForm(place.value, path, keys)) sources.set(place, source);
    }
  }
  return sources;
}

/** Of a key that stands twice, the tree has the last value only: the others are matched by their order. */
function sourcesOfRepeated(
  document: ConfigDocument,
  oldPlaces: ReadonlyMap<string, readonly ValuePlace[]>,
  masks: Masks["byPlace"],
): [ValuePlace, ValuePlace][] {
  return [...byOwnPath(document.values)].flatMap(([pointer, here]) => {
    const there = oldPlaces.get(pointer) ?? [];
    if (here.length < 2 || here.length !== there.length) return [];
    return here.flatMap((place, index): [ValuePlace, ValuePlace][] => {
      const source = there[index];
      return source !== undefined && masks.get(source) === place.value ? [[place, source]] : [];
    });
  });
}

function isUnchanged(place: ValuePlace, oldPlaces: ReadonlyMap<string, readonly ValuePlace[]>): boolean {
  const old = oldPlaces.get(pointerOf(place.paths[0] ?? []));
  return old?.some(({ value }) => value === place.value) === true;
}

function byOwnPath(places: readonly ValuePlace[]): Map<string, ValuePlace[]> {
  return Map.groupBy(places, ({ paths }) => pointerOf(paths[0] ?? []));
}

interface SegmentedText {
  readonly text: string;
  readonly segments: readonly SecretSegment[];
}

/**
 * Finds the secrets that masks in lines and comments stand for: those of the one that looked the same. Where several
 * do, each stands for its own as long as there are as many as before.
 */
function restoreSegments(sent: SegmentedText, old: SegmentedText): Splice[] {
  const oldSegments = Map.groupBy(old.segments, (segment) => shown(old.text, segment));
  const sentSegments = Map.groupBy(sent.segments, (segment) => shown(sent.text, segment));
  return [...sentSegments].flatMap(([look, segments]) => {
    const candidates = oldSegments.get(look) ?? [];
    const texts = new Set(candidates.map((candidate) => textOf(old.text, candidate)));
    return segments.flatMap((segment, index) => {
      if (!segment.secrets.some((range) => textOf(sent.text, range).includes(MASK))) return [];
      if (texts.has(textOf(sent.text, segment))) return [];
      const isKnown = segments.length === candidates.length || texts.size === 1;
      const source = isKnown ? (candidates[index] ?? candidates[0]) : undefined;
      if (source === undefined || segment.secrets.some((range) => textOf(sent.text, range) !== MASK)) {
        throw cannotTell(sent.text, segment.start, "Nobody can say what the mask in this line stands for.");
      }
      return segment.secrets.map((range, at) => ({
        ...range,
        text: textOf(old.text, source.secrets[at] ?? range),
      }));
    });
  });
}

/** What a segment looks like with its secrets masked. */
function shown(text: string, { start, end, secrets }: SecretSegment): string {
  const masks = secrets.map((range) => ({ start: range.start - start, end: range.end - start, text: MASK }));
  return applySplices(text.slice(start, end), masks).trimEnd();
}

function textOf(text: string, { start, end }: TextRange): string {
  return text.slice(start, end);
}

function cannotTell(text: string, offset: number, detail: string): AppError {
  return new AppError("content-invalid", detail, {
    remedy: "Send the value itself. An operator gets the values with ?secrets=show.",
    errors: [{ pointer: "", detail, ...positionOf(text, offset) }],
  });
}
