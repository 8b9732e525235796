import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { generatedFiles } from "./support/generated.ts";

test("what is generated from the code is up to date; if not: npm run generate", async () => {
  for (const { path, content } of await generatedFiles((file) => readFile(file, "utf8"))) {
    // Not toBe on the texts: their difference would be pages long.
    expect((await readFile(path, "utf8")) === content, `${path} is what npm run generate writes`).toBe(true);
  }
});
