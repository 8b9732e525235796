import { readFile, writeFile } from "node:fs/promises";
import { generatedFiles } from "./generated.ts";

/** Writes what is generated from the code: `npm run generate`. A test fails while the two differ. */
for (const { path, content } of await generatedFiles((file) => readFile(file, "utf8"))) {
  await writeFile(path, content);
  console.log(`wrote ${path}`);
}
