import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const IMPORT = /^(?:import|export) (?!type )(?:[^;"]*? from )?"([^"]+)";/gms;

/** Every module that is loaded with this one: those of the project by URL, and the names of packages. */
function loadedWith(entry: string): Set<string> {
  const found = new Set([entry]);
  for (const url of found) {
    if (!url.startsWith("file:")) continue;
    for (const [, name = ""] of readFileSync(fileURLToPath(url), "utf8").matchAll(IMPORT)) {
      if (!name.startsWith("node:")) found.add(name.startsWith(".") ? new URL(name, url).href : name);
    }
  }
  return found;
}

test("a worker loads nothing of the app, and of the packages only what carries traffic and writes the log", () => {
  const root = new URL("../../src/", import.meta.url).href;
  const loaded = [...loadedWith(`${root}cluster/worker-main.ts`)];
  expect(loaded).toContain(`${root}forward/forwarder.ts`);
  expect(loaded.filter((name) => !name.startsWith("file:")).sort()).toEqual(["http-proxy", "pino"]);
  const foreign = loaded.filter((name) => /\/(features|settings)\/|\/app\.ts|\/certificates/.test(name));
  expect(foreign).toEqual([]);
});
