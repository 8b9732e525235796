import { access, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test.each(["README.md", "CONTRIBUTING.md", "SECURITY.md"])(
  "every file that %s links to is there",
  async (document) => {
    const text = await readFile(document, "utf8");
    const targets = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target = ""]) => target);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    const missing: string[] = [];
    for (const target of local) await access(target).catch(() => missing.push(target));
    expect(missing).toEqual([]);
    if (document === "README.md") expect(local).toContain(".github/dashboard-overview.png");
  },
);
