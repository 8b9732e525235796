import { describe, expect, test } from "vitest";
import { AppError } from "../../../../src/base/errors.ts";
import { MASK } from "../../../../src/base/secrets.ts";
import { type Content, readContent } from "../../../../src/features/config/content.ts";
import type { FormatName, ValuePlace } from "../../../../src/features/config/formats/format.ts";
import { replaceAt } from "../../../../src/features/config/formats/pointer.ts";
import { pointerOf } from "../../../../src/features/config/formats/tree.ts";
import { writeTree } from "../../../../src/features/config/patches/patch-text.ts";
import { maskText } from "../../../../src/features/config/secrets/masks.ts";
import { secretKeys } from "../../../../src/features/config/secrets/secret-keys.ts";
import { unmaskContent } from "../../../../src/features/config/secrets/unmask.ts";
import { randomOf } from "../../../support/random.ts";
import { DOCUMENTS } from "../support/random-documents.ts";

const FORMATS = ["json", "jsonc", "json5", "yaml", "toml", "xml", "ini", "properties", "env"] as const;
const NO_OTHERS = secretKeys([]);
const RUNS = 150;

describe.each(FORMATS)("%s", (format) => {
  test("a changed value changes its own characters, and no others", () => {
    let changed = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = randomOf(seed);
      const text = DOCUMENTS[format](random);
      const content = readContent(Buffer.from(text), format);
      const places = changeable(content);
      if (places.length === 0) continue;
      const place = random.pick(places);
      const wanted = replaceAt(content.document?.tree ?? null, place.paths[0] ?? [], "changed");
      const result = unlessRefused(() => writeTree(content, format, wanted).bytes.toString());
      if (result === undefined) continue;
      changed += 1;
      // A block scalar of YAML ends with its last line end, which is not written anew.
      const end = place.start + text.slice(place.start, place.end).trimEnd().length;
      expect(result.slice(0, place.start), `seed ${seed}`).toBe(text.slice(0, place.start));
      expect(result.endsWith(text.slice(end)), `seed ${seed}`).toBe(true);
    }
    expect(changed).toBeGreaterThan(60);
  });

  test("with its secrets masked, a document that is sent back is the one that it was", () => {
    let masked = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const text = withSecretNames(format, DOCUMENTS[format](randomOf(seed)));
      const content = readContent(Buffer.from(text), format);
      const shown = maskText(content, NO_OTHERS);
      if (shown === undefined) throw new Error(`seed ${seed}: ${content.parseError?.detail}`);
      if (shown.text.includes(MASK)) masked += 1;
      const sent = readContent(Buffer.from(shown.text), format);
      expect(unmaskContent(sent, content, { format, secretKeys: NO_OTHERS }).toString(), `seed ${seed}`).toBe(
        text,
      );
    }
    expect(masked).toBeGreaterThan(20);
  });
});

/** The strings that stand in one place of the tree and of the text. */
function changeable({ document }: Content): ValuePlace[] {
  const values = document?.values ?? [];
  const byPointer = Map.groupBy(values, ({ paths }) => pointerOf(paths[0] ?? []));
  return values.filter(
    ({ paths, value }) =>
      typeof value === "string" &&
      paths.length === 1 &&
      byPointer.get(pointerOf(paths[0] ?? []))?.length === 1,
  );
}

/** Gives one of the keys that the random documents have a name that looks secret. */
function withSecretNames(format: FormatName, text: string): string {
  if (format === "properties") return text.replaceAll("x-y", "pass-word.token");
  return text.replaceAll(/beta|B_C|b-c/g, "db_password");
}

/** Undefined where the format has no safe way to write a change; what that is, its own tests say. */
function unlessRefused<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof AppError && error.code === "content-invalid") return undefined;
    throw error;
  }
}
