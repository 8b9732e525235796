import { looksSecret } from "../../../base/secrets.ts";
import { pointerOf, type TreePath } from "../formats/tree.ts";

/** The keys of a file that are secret beside those that look it. All in lower case: case does not matter. */
export interface SecretKeys {
  /** Secret wherever they stand in a tree, with all below them. */
  readonly names: ReadonlySet<string>;
  /** JSON pointers; what is below is secret too. */
  readonly pointers: readonly string[];
  /** Secret in text that has no tree, such as comments: also the last part of each pointer. */
  readonly textNames: ReadonlySet<string>;
}

/** What the settings say: names, and JSON pointers (RFC 6901), which begin with a slash. */
export function secretKeys(listed: readonly string[]): SecretKeys {
  const all = listed.map((key) => key.toLowerCase());
  const names = all.filter((key) => !key.startsWith("/"));
  const pointers = all.filter((key) => key.startsWith("/"));
  const ends = pointers.map((pointer) =>
    pointer
      .slice(pointer.lastIndexOf("/") + 1)
      .replaceAll("~1", "/")
      .replaceAll("~0", "~"),
  );
  return { names: new Set(names), pointers, textNames: new Set([...names, ...ends]) };
}

/** Tells whether the value at a place is secret. */
export function isSecretPath(path: TreePath, { names, pointers }: SecretKeys): boolean {
  if (path.some((key) => typeof key === "string" && (looksSecret(key) || names.has(key.toLowerCase())))) {
    return true;
  }
  if (pointers.length === 0) return false;
  const here = pointerOf(path).toLowerCase();
  return pointers.some((pointer) => here === pointer || here.startsWith(`${pointer}/`));
}

/** Tells whether what is written behind a name in a text is secret. */
export function isSecretName(name: string, { textNames }: SecretKeys): boolean {
  return looksSecret(name) || textNames.has(name.toLowerCase());
}
