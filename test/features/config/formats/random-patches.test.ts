import { describe, expect, test } from "vitest";
import { AppError } from "../../../../src/base/errors.ts";
import { readContent } from "../../../../src/features/config/content.ts";
import type { FormatName } from "../../../../src/features/config/formats/format.ts";
import { equalTrees, mergePatch, stringify } from "../../../../src/features/config/formats/tree.ts";
import { type Random, randomOf } from "../../../support/random.ts";
import { patchContent, treeOfJson } from "../support/patch-file.ts";
import { DOCUMENTS, randomStringPatch } from "../support/random-documents.ts";
import { randomTomlPatch } from "../support/random-toml.ts";
import { type Json, randomPatch } from "../support/random-trees.ts";
import { randomXmlPatch } from "../support/random-xml.ts";

const FORMATS = ["json", "jsonc", "json5", "yaml", "toml", "xml", "ini", "properties", "env"] as const;
const RUNS = 150;
const PATCHES: Readonly<Partial<Record<FormatName, (random: Random, tree: Json) => Json>>> = {
  json: randomPatch,
  jsonc: randomPatch,
  json5: randomPatch,
  yaml: randomPatch,
  toml: randomTomlPatch,
  xml: randomXmlPatch,
};

describe.each(FORMATS)("%s", (format) => {
  const patchOf = PATCHES[format] ?? randomStringPatch;

  test(`${RUNS} random merge patches of random documents read back as what was asked for`, () => {
    let refused = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = randomOf(seed);
      const content = readContent(Buffer.from(DOCUMENTS[format](random)), format);
      if (content.document === null) throw new Error(`seed ${seed}: ${content.parseError?.detail}`);
      const plain = JSON.parse(stringify(content.document.tree));
      const patch = treeOfJson(patchOf(random, plain));
      const bytes = unlessRefused(() => patchContent(content, format, patch));
      if (bytes === undefined) refused += 1;
      else {
        const result = readContent(bytes, format).document?.tree;
        const wanted = mergePatch(content.document.tree, patch);
        const canonical = content.format?.canonical?.(wanted) ?? wanted;
        expect(equalTrees(result, canonical), `seed ${seed}`).toBe(true);
      }
    }
    // JSON can write everything; YAML all but corners; TOML no array of tables with something else in it; the others have values that readers disagree about.
    expect(refused).toBeLessThan(
      { json: 1, jsonc: 1, json5: 1, yaml: 3, toml: 4, xml: 1, ini: 60, properties: 1, env: 10 }[format],
    );
  });

  test("whatever a patch changes, every comment on a line of its own outside of it stays", () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = randomOf(seed);
      const text = DOCUMENTS[format](random);
      const content = readContent(Buffer.from(text), format);
      const tree = content.document?.tree ?? null;
      const scalars = Object.entries(JSON.parse(stringify(tree))).filter(
        ([, value]) => typeof value === "string",
      );
      if (scalars.length === 0) continue;
      const patch = Object.fromEntries(scalars.map(([key]) => [key, "changed"]));
      const result = unlessRefused(() => patchContent(content, format, treeOfJson(patch)).toString());
      if (result === undefined) continue;
      const comments = text.match(/comment \d+/g) ?? [];
      expect(result.match(/comment \d+/g) ?? [], `seed ${seed}`).toEqual(comments);
      expect(result.includes("\r\n"), `seed ${seed}`).toBe(text.includes("\r\n"));
    }
  });
});

/** Undefined where the format has no safe way to write a change; what that is, its own tests say. */
function unlessRefused<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof AppError && error.code === "content-invalid") return undefined;
    throw error;
  }
}
