import { MASK } from "../../../base/secrets.ts";
import type { Content } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { applySplices } from "../formats/text-edit.ts";
import { masksOf, secretComments } from "../secrets/masks.ts";
import type { SecretKeys } from "../secrets/secret-keys.ts";
import { secretRanges } from "../secrets/secret-text.ts";

/** Shorter ones stand everywhere by chance. */
const MIN_SECRET_LENGTH = 4;

/**
 * What a program has written about a configuration, with its secrets masked: what looks like one, and every secret of
 * the contents that it may have quoted.
 */
export function maskOutput(
  output: string,
  { secretKeys }: Pick<ConfigFile, "secretKeys">,
  contents: readonly Content[],
): string {
  const secrets = new Set(contents.flatMap((content) => secretsOf(content, secretKeys)));
  const longest = [...secrets]
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .toSorted((one, other) => other.length - one.length);
  const masked = longest.reduce((text, secret) => text.replaceAll(secret, MASK), output);
  const ranges = secretRanges(masked, { directives: true, keys: secretKeys });
  return applySplices(
    masked,
    ranges.map((range) => ({ ...range, text: MASK })),
  );
}

function secretsOf({ document, decoded }: Content, keys: SecretKeys): string[] {
  const text = decoded?.text ?? "";
  if (document === null) return pieces(text, keys, true);
  const values = [...masksOf(document, keys).byPlace].flatMap(([{ value }, mask]) =>
    mask === MASK ? [String(value)] : pieces(String(value), keys, false),
  );
  const comments = secretComments(text, document, keys).flatMap(({ secrets }) => secrets);
  return [...values, ...comments.map(({ start, end }) => text.slice(start, end))];
}

function pieces(text: string, keys: SecretKeys, directives: boolean): string[] {
  return secretRanges(text, { directives, keys }).map(({ start, end }) => text.slice(start, end));
}
