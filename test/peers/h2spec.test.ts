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

/** What Node itself passes: of 147 cases, the strict one among them. */
const FLOOR = 137;

/** What fails with every server of Node 26, and can't be mended through its interfaces; with the reasons. */
const NODES_OWN: Readonly<Record<string, string>> = {
  "http2/5.1 closed: Sends a DATA frame after sending RST_STREAM frame":
    "nghttp2 ignores what comes for a stream that it has forgotten, and Node has it forget each that is closed",
  "http2/5.1 closed: Sends a HEADERS frame after sending RST_STREAM frame": "likewise",
  "http2/5.1 closed: Sends a DATA frame": "likewise",
  "http2/5.1 closed: Sends a HEADERS frame": "likewise",
  "http2/5.1.1 Sends stream identifier that is numerically smaller than previous":
    "likewise: it can't tell it from a stream that was closed",
  "http2/5.3.1 Sends PRIORITY frame that depend on itself":
    "nghttp2 skips PRIORITY, as RFC 9113 deprecates it",
  "http2/6.3 Sends a PRIORITY frame with 0x0 stream identifier": "likewise",
  "http2/6.7 Sends a PING frame with ACK": "Node ends a session that answers what it was not asked",
  "http2/6.9.1 Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream":
    "nghttp2 takes it for an error of the connection, as RFC 9113 section 5.4.1 lets it",
};

describe.skipIf(isNotOnPath("h2spec", "https://github.com/summerwind/h2spec"))("h2spec", () => {
  test("passes what Node's own server passes, and fails for reasons that are known", {
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
      const failed = cases.filter(({ outcome }) => outcome === "failed").map(({ name }) => name);
      expect(failed.filter((name) => !(name in NODES_OWN))).toEqual([]);
      expect(cases.filter(({ outcome }) => outcome === "passed").length).toBeGreaterThanOrEqual(FLOOR);
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
