import { readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dumpList, dumpState } from "../../src/features/jvm/dumps/dump-schema.ts";
import { serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type ServedFeatures, VIEWER_TOKEN } from "../support/serve-features.ts";
import { compilePrograms, installedJdks, type Programs } from "./jvms.ts";

const POST = { method: "POST" };
// Not /tmp, which may be in memory.
const ALLOWED = { SIDECAR_JVM_TOUCH: "disturb", SIDECAR_JVM_DUMP_DIR: "/var/tmp" };
/** What a dump has left there: the JVM's file, named by its id, or ours, named by our pid. Others use the folder, too. */
const leftBehind = (self: string) => {
  const ours = [`.tickbird-${self.slice(self.lastIndexOf("/") + 1)}`, `.tickbird-${process.pid}-`];
  return readdirSync("/var/tmp").filter((name) => ours.some((start) => name.startsWith(start)));
};

/** The path of a dump below the prefix. */
const pathOf = (self: string) => self.slice("/_sidecar".length);

async function ended(served: ServedFeatures, self: string) {
  return await poll("the dump is over", async () => {
    const state = dumpState.strict().parse(await (await served.get(pathOf(self))).json());
    return state.state !== "running" && state;
  });
}

describeWith(["jdk"], "The heap of JVMs is dumped", () => {
  let programs: Programs;
  beforeAll(async () => {
    programs = await compilePrograms("Plain", "Full");
  });
  afterAll(async () => {
    await programs?.[Symbol.asyncDispose]();
  });

  test.each(installedJdks())(
    "%s writes its heap; the file can be taken home, and nothing of it stays in the app",
    async (_, home) => {
      await using jvm = await programs.start("Plain", { home });
      await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
      const begun = await served.get(`/jvm/${jvm.pid}/heap-dumps`, POST);
      expect(begun.status).toBe(202);
      const { links } = dumpState.parse(await begun.json());
      expect(begun.headers.get("Location")).toBe(links.self);
      const done = await ended(served, links.self);
      expect(done).toMatchObject({ state: "ended", reason: null, live: false, jvm: { pid: jvm.pid } });
      expect(done.bytes).toBeGreaterThan(100_000);
      expect(Date.parse(done.expiresAt ?? "")).toBeGreaterThan(Date.now());
      expect(leftBehind(links.self)).toEqual([]);
      const file = await served.get(pathOf(links.file));
      expect(file.headers.get("Content-Disposition")).toMatch(/heap-\d+-\d{14}\.hprof\.gz/);
      const content = Buffer.from(await file.arrayBuffer());
      expect(content).toHaveLength(done.bytes);
      expect(gunzipSync(content).toString("latin1", 0, 18)).toBe("JAVA PROFILE 1.0.2");
      expect(dumpList.strict().parse(await (await served.get("/heap-dumps")).json()).heapDumps).toHaveLength(
        1,
      );
      expect((await served.get(pathOf(links.self), { method: "DELETE" })).status).toBe(204);
      expect((await served.get(pathOf(links.file))).status).toBe(404);
    },
  );

  test.each(installedJdks())("%s is seen to write", async (_, home) => {
    await using jvm = await programs.start("Full", { home, options: ["-Xmx256m"], arguments: ["100"] });
    await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
    const { links } = dumpState.parse(await (await served.get(`/jvm/${jvm.pid}/heap-dumps`, POST)).json());
    const sizes = new Set<number>();
    const { state, bytes } = await poll(
      "the dump is over",
      async () => {
        const now = dumpState.parse(await (await served.get(pathOf(links.self))).json());
        if (now.state === "running" && now.bytes > 0) sizes.add(now.bytes);
        return now.state !== "running" && now;
      },
      { timeoutMs: 50_000 },
    );
    expect([state, [...sizes]]).toEqual(["ended", [...sizes].sort((a, b) => a - b)]);
    expect(sizes.size).toBeGreaterThan(1);
    expect(bytes).toBeGreaterThan(100_000_000);
    expect(leftBehind(links.self)).toEqual([]);
  });

  test("one that is given up while the JVM is at it leaves nothing behind", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
    const { links } = dumpState.parse(await (await served.get(`/jvm/${jvm.pid}/heap-dumps`, POST)).json());
    const early = await served.get(pathOf(links.file));
    expect([200, 409]).toContain(early.status);
    await early.arrayBuffer();
    expect((await served.get(pathOf(links.self), { method: "DELETE" })).status).toBe(204);
    await poll("nothing is left", () => leftBehind(links.self).length === 0);
    expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
  });

  test("it is for operators, where the settings allow to disturb a JVM", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm));
    expect(await (await served.get(`/jvm/${jvm.pid}/heap-dumps`, POST)).json()).toMatchObject({
      ...{ code: "touch-not-allowed", remedy: "SIDECAR_JVM_TOUCH=disturb" },
    });
    const headers = { Authorization: `Bearer ${VIEWER_TOKEN}` };
    await using allowed = await serveJvm(coreOf(jvm), { env: ALLOWED });
    expect((await allowed.get(`/jvm/${jvm.pid}/heap-dumps`, { ...POST, headers })).status).toBe(403);
    expect((await allowed.get("/heap-dumps", { headers })).status).toBe(403);
  });

  test.each([
    ["a folder in memory", { SIDECAR_JVM_DUMP_DIR: "/dev/shm" }, 409, "is in memory"],
    ["a folder that is not there", { SIDECAR_JVM_DUMP_DIR: "/nowhere" }, 404, "/nowhere"],
    ["a heap beyond the limit", { SIDECAR_JVM_MAX_DUMP_BYTES: "1048576" }, 409, "1048576 are allowed"],
  ])("%s is refused before the JVM is asked, with what mends it", async (_, env, status, detail) => {
    await using jvm = await programs.start("Plain");
    await using served = await serveJvm(coreOf(jvm), { env: { ...ALLOWED, ...env } });
    const refused = await served.get(`/jvm/${jvm.pid}/heap-dumps`, POST);
    expect([refused.status, await refused.json()]).toMatchObject([
      status,
      { detail: expect.stringContaining(detail), remedy: expect.stringMatching(/./) },
    ]);
    expect(dumpList.parse(await (await served.get("/heap-dumps")).json()).heapDumps).toEqual([]);
  });

  test("a JVM that may not write there fails it, with its own words", async () => {
    await using jvm = await programs.start("Plain", { uid: 65_534, gid: 65_534 });
    await using served = await serveJvm(coreOf(jvm), { env: { ...ALLOWED, SIDECAR_JVM_DUMP_DIR: "/root" } });
    const { links } = dumpState.parse(await (await served.get(`/jvm/${jvm.pid}/heap-dumps`, POST)).json());
    const { state, reason } = await ended(served, links.self);
    expect(state).toBe("failed");
    expect(reason).toMatch(/The JVM (says|refuses).*Permission denied/);
    expect(await (await served.get(pathOf(links.file))).json()).toMatchObject({ code: "conflict" });
  });
});
