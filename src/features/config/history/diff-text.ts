import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { Content } from "../content.ts";
import { wholeText } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { maskText } from "../secrets/masks.ts";
import type { SecretKeys } from "../secrets/secret-keys.ts";

/** What differs between two contents. */
export interface TextDiff {
  /** As `diff -u` writes it; empty where the shown texts are the same. Null where `reason` says why. */
  readonly diff: string | null;
  readonly reason?: string;
  /** Whether the contents differ where only masks are shown. */
  readonly isSecretChanged: boolean;
}

/** A content and what it is called in a diff. */
export interface Side {
  readonly content: Content;
  readonly label: string;
}

/** Beyond this time two texts have so little in common that nobody reads what differs. */
const TIMEOUT_MS = 500;

/** Compares two contents as they are shown: with their secrets, or masked. */
export function diffOf(
  { name, secretKeys }: Pick<ConfigFile, "name" | "secretKeys">,
  from: Side,
  to: Side,
  showSecrets: boolean,
): TextDiff {
  const [before, after] = [from, to].map(({ content }) => shown(content, secretKeys, showSecrets));
  if (before === undefined || after === undefined) {
    const reason = "One of the two is no text, or can't be parsed, so that its secrets can't be masked.";
    return { diff: null, reason, isSecretChanged: false };
  }
  const isSecretChanged = before === after && from.content.etag !== to.content.etag;
  if (before === after) return { diff: "", isSecretChanged };
  const options = { context: 3, timeout: TIMEOUT_MS, headerOptions: FILE_HEADERS_ONLY };
  const diff = createTwoFilesPatch(name, name, before, after, from.label, to.label, options);
  if (diff === undefined) {
    return { diff: null, reason: "The two have too little in common to be compared.", isSecretChanged };
  }
  return { diff, isSecretChanged };
}

function shown(content: Content, keys: SecretKeys, showSecrets: boolean): string | undefined {
  if (!showSecrets) return maskText(content, keys)?.text;
  return content.decoded === null ? undefined : wholeText(content.decoded);
}
