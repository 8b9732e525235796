import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { listenLocally } from "../support/front.ts";
import { describeWith } from "../support/peers.ts";
import { runServer } from "../support/server-process.ts";
import { type Edge, startEdge } from "./edge.ts";
import { overHttp1 } from "./exchange.ts";

/** slowhttptest attacks a whole sidecar by slowness, while another client goes on asking. */

/** More than the system's buffers take: a client that does not read it is felt. */
const LARGE = Buffer.alloc(3 * 1_048_576, "large ");
const CONNECTIONS = 200;
/** How long an attack lasts; on a busy machine the attacker takes long to make its connections. */
const SECONDS = [12, 40];

/** The kinds of attack. */
const ATTACKS = {
  "slow headers (-H)": ["-H", "-i", "2", "-x", "24", "-t", "GET"],
  "slow bodies (-B)": ["-B", "-i", "2", "-x", "10", "-s", "8192", "-t", "POST"],
  // At this pace each answer of 3 MiB would take two days.
  "slow reading (-X)": ["-X", "-n", "5", "-z", "32", "-w", "10", "-y", "20", "-t", "GET"],
} as const;

describeWith(["slowhttptest"], "slowhttptest", () => {
  test.each(Object.entries(ATTACKS))(
    "by %s from 200 connections leaves the service available",
    { timeout: 150_000 },
    async (_name, args) => {
      await using place = await startPlace();
      // All are there: it is an attack.
      const isWhole = new RegExp(`connected:\\s+${CONNECTIONS}\\b`);
      let report = "";
      for (const seconds of SECONDS) {
        if (isWhole.test(report)) break;
        const attack = attackOn(place.edge, args, seconds);
        const replies = await askMeanwhile(place.edge, attack.ended);
        report = await attack.ended;
        const seen = availability(report);
        expect(seen, report).toContain("YES");
        expect(seen, report).not.toContain("NO");
        expect(new Set(replies)).toEqual(new Set([200]));
        expect(replies.length).toBeGreaterThan(seconds);
      }
      expect(report).toMatch(isWhole);
    },
  );

  test("whose headers are slower than the limit loses all its connections", { timeout: 60_000 }, async () => {
    await using place = await startPlace({ SIDECAR_LIMITS_HEAD_MS: "2000" });
    const attack = attackOn(place.edge, ATTACKS["slow headers (-H)"]);
    const replies = await askMeanwhile(place.edge, attack.ended);
    const report = await attack.ended;
    expect(report).toMatch(/Exit status:\s+No open connections left/);
    expect(availability(report), report).not.toContain("NO");
    expect(new Set(replies)).toEqual(new Set([200]));
  });
});

/** A sidecar before a core that answers what is asked for, when it has read the whole request. */
async function startPlace(env: Record<string, string> = {}): Promise<{ edge: Edge } & AsyncDisposable> {
  const core = createServer((request, answer) => {
    request.resume();
    request.on("end", () => answer.end(request.url === "/large" ? LARGE : "the app\n"));
  });
  // The sidecar alone is to decide what is too slow.
  core.requestTimeout = 0;
  const edge = await startEdge(await listenLocally(core), env);
  return {
    edge,
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]();
      core.close();
      core.closeAllConnections();
    },
  };
}

/** Starts an attack; gives the report of the attacker at its end. */
function attackOn(edge: Edge, args: readonly string[], seconds = 12): { ended: Promise<string> } {
  const size = ["-c", String(CONNECTIONS), "-r", "50", "-l", String(seconds), "-p", "3"];
  const url = `https://127.0.0.1:${edge.port}/large`;
  const attacker = runServer("slowhttptest", [...size, ...args, "-u", url], { cwd: tmpdir() });
  return { ended: attacker.ended().then(() => stripVTControlCharacters(attacker.output())) };
}

/** What the attacker's own probe said of the service, again and again. */
function availability(report: string): string[] {
  return [...report.matchAll(/service available:\s+(YES|NO)/g)].map(([, answer = ""]) => answer);
}

/** Asks ten times a second until `end`; gives every status. Each request has a connection of its own. */
async function askMeanwhile(edge: Edge, end: Promise<unknown>): Promise<number[]> {
  const state = { isOver: false };
  const over = () => {
    state.isOver = true;
  };
  end.then(over, over);
  const statuses: number[] = [];
  while (!state.isOver) {
    using route = overHttp1(edge);
    statuses.push((await route.send({ path: "/small" })).status);
    await delay(100);
  }
  return statuses;
}
