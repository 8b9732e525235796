import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listenLocally } from "../support/front.ts";
import { isNotOnPath } from "../support/needs.ts";
import { runServer } from "../support/server-process.ts";
import { startEdge } from "./edge.ts";

/** h2spec asks a whole sidecar for what RFC 7540 and RFC 7541 demand of a server. */

/** Of the cases, the strict ones among them. */
const CASES = 147;

describe.skipIf(isNotOnPath("h2spec", "https://github.com/summerwind/h2spec"))("h2spec", () => {
  test("passes", {
    timeout: 120_000,
  }, async () => {
    const core = createServer((request, answer) => {
      request.resume();
      // Later than what the suite sends after its request, which is to come while that is under way.
      setTimeout(() => answer.end("the app\n"), 50);
    });
    await using edge = await startEdge(await listenLocally(core));
    const dir = await mkdtemp(join(tmpdir(), "tickbird-h2spec-"));
    try {
      const report = join(dir, "report.xml");
      const target = ["--tls", "--insecure", "--host", "127.0.0.1", "--port", String(edge.port)];
      await using suite = runServer("h2spec", [...target, "--strict", "--junit-report", report], {
        cwd: dir,
      });
      await suite.ended();
      const xml = await readFile(report, "utf8").catch(() => "");
      // It writes none where it is left without a server.
      expect(xml, suite.output().slice(-1_000)).not.toBe("");
      const cases = casesOf(xml);
      expect(cases.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
      expect(cases).toHaveLength(CASES);
    } finally {
      core.close();
      core.closeAllConnections();
      await rm(dir, { recursive: true, force: true });
    }
  });
});

/** What came of a case, which is named by its section and title. */
interface Case {
  readonly name: string;
  readonly outcome: "passed" | "skipped" | "failed";
}

function casesOf(xml: string): Case[] {
  const found = xml.matchAll(
    /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>(<\/testcase>)?\s*(<skipped)?/g,
  );
  return [...found].map(([, section = "", title = "", end, skipped]) => ({
    name: `${section} ${unescaped(title)}`,
    outcome: end !== undefined ? "passed" : skipped !== undefined ? "skipped" : "failed",
  }));
}

function unescaped(text: string): string {
  return text.replaceAll("&#34;", '"').replaceAll("&amp;", "&");
}
