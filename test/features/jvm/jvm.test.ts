import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { dumpState } from "../../../src/features/jvm/dumps/dump-schema.ts";
import { jvmDetail, jvmList } from "../../../src/features/jvm/jvm-schema.ts";
import { recordingState } from "../../../src/features/jvm/recordings/recording-schema.ts";
import {
  classesAnswer,
  commandsAnswer,
  flagsAnswer,
  heapAnswer,
  propertiesAnswer,
  threadsAnswer,
} from "../../../src/features/jvm/talk-schema.ts";
import { writeMetrics } from "../../../src/web/metrics/write-metrics.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { asking, coreOf, NO_CORE } from "../processes/support.ts";
import { ofRelease, startFakeJvm } from "./fake-jvm.ts";
import { jvmFeature, serveJvm } from "./support.ts";

/** Over a process that looks like a JVM; real ones are in `test/peers`. */
const needsCompiler = test.skipIf(isMissing("compiler"));
const POST = { method: "POST" };

needsCompiler("a JVM is found and told of, from its file and from its memory", async () => {
  for (const isInMemory of [false, true]) {
    await using jvm = await startFakeJvm({ isInMemory });
    await using served = await serveJvm(coreOf(jvm));
    const { jvms } = jvmList.strict().parse(await (await served.get("/jvm")).json());
    expect(jvms).toMatchObject([
      { pid: jvm.pid, implementation: "HotSpot", version: "17.0.15", command: "Plain" },
    ]);
    const detail = jvmDetail.strict().parse(await (await served.get(`/jvm/${jvm.pid}`)).json());
    expect(detail).toMatchObject({
      source: isInMemory ? "memory" : "file",
      figures: { threads: { live: 6 } },
    });
    expect(await (await served.get("/jvm", asking("text/plain"))).text()).toContain("Plain");
    expect(await (await served.get(`/jvm/${jvm.pid}`, asking("text/html"))).text()).toContain("threads.live");
    expect(await jvm.kill("SIGTERM").then(() => jvm.line().catch(() => "silent"))).toBe("silent");
  }
});

needsCompiler(
  "it is asked over its attach socket, once for all questions, and what it says is told",
  async () => {
    await using jvm = await startFakeJvm();
    await using served = await serveJvm(coreOf(jvm), {
      env: { SIDECAR_JVM_TOUCH: "disturb", SIDECAR_JVM_DUMP_DIR: "/var/tmp" },
    });
    const ask = async (what: string, init = {}) => (await served.get(`/jvm/${jvm.pid}/${what}`, init)).json();
    expect(threadsAnswer.strict().parse(await ask("threads")).deadlocks).toHaveLength(2);
    expect(flagsAnswer.strict().parse(await ask("flags")).flags.length).toBeGreaterThan(3);
    expect(propertiesAnswer.strict().parse(await ask("properties")).properties[0]).toMatchObject({
      value: "******",
    });
    expect(heapAnswer.strict().parse(await ask("heap")).lines[0]).toContain("def new generation");
    expect(commandsAnswer.strict().parse(await ask("commands")).commands).toContain("GC.heap_dump");
    expect(classesAnswer.strict().parse(await ask("classes", POST)).total).toBeGreaterThan(200);
    expect(await ask("gc", POST)).toMatchObject({ collections: 0 });
    const { links } = dumpState.parse(await ask("heap-dumps", POST));
    const file = await poll("the dump is there", async () => {
      const answer = await served.get(links.file.slice("/_sidecar".length));
      return answer.status === 200 && answer;
    });
    expect(await file.text()).toMatch(/^JAVA PROFILE/);
    expect(existsSync(`/tmp/.attach_pid${jvm.pid}`)).toBe(false);
  },
);

needsCompiler(
  "a heap dump is seen to grow, and given up where it has more than the settings allow",
  async () => {
    const folder = mkdtempSync("/var/tmp/tickbird-dump-");
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await using jvm = await startFakeJvm({ isHeapEndless: true });
    const maxBytes = 67_108_864;
    const env = {
      ...{ SIDECAR_JVM_TOUCH: "disturb", SIDECAR_JVM_DUMP_DIR: folder },
      SIDECAR_JVM_MAX_DUMP_BYTES: String(maxBytes),
    };
    await using served = await serveJvm(coreOf(jvm), { env });
    const begun = await served.get(`/jvm/${jvm.pid}/heap-dumps`, POST);
    const text = await begun.text();
    expect(begun.status, text).toBe(202);
    const { links } = dumpState.parse(JSON.parse(text));
    const sizes = new Set<number>();
    const over = await poll("it is over", async () => {
      const answer = await served.get(links.self.slice("/_sidecar".length));
      const state = dumpState.parse(await answer.json());
      if (state.state === "running") sizes.add(state.bytes);
      return state.state !== "running" && state;
    });
    expect([...sizes]).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes.size).toBeGreaterThan(2);
    expect(over).toMatchObject({
      state: "failed",
      reason: "It has more than 67108864 bytes, and was given up.",
    });
    // What a JVM writes between two looks, on a machine that is busy.
    expect(over.bytes).toBeLessThan(2 * maxBytes);
    expect(readdirSync(folder)).toEqual([]);
  },
);

needsCompiler(
  "it records, and what it has written is taken home; one without a recorder says so",
  async () => {
    const env = { SIDECAR_JVM_TOUCH: "disturb", SIDECAR_JVM_DUMP_DIR: "/var/tmp" };
    const wish = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ durationSeconds: 1, maxBytes: 1_048_576 }),
    };
    await using jvm = await startFakeJvm();
    await using served = await serveJvm(coreOf(jvm), { env });
    const begun = await served.get(`/jvm/${jvm.pid}/recordings`, wish);
    const { links } = recordingState.strict().parse(await begun.json());
    expect([begun.status, begun.headers.get("Location")]).toEqual([202, links.self]);
    const second = await served.get(`/jvm/${jvm.pid}/recordings`, wish);
    expect([second.status, await second.json()]).toMatchObject([409, { code: "conflict" }]);
    const file = await poll("the recording is there", async () => {
      const answer = await served.get(links.file.slice("/_sidecar".length));
      return answer.status === 200 && answer;
    });
    expect(await file.text()).toBe("FLR\0");

    await using old = await startFakeJvm({ perfData: ofRelease("1.8"), hasRecorder: false });
    await using other = await serveJvm(coreOf(old), { env });
    const refused = await other.get(`/jvm/${old.pid}/recordings`, wish);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      {
        code: "jvm-refused",
        detail: expect.stringContaining("has no Flight Recorder"),
        remedy: expect.stringContaining("8u262"),
      },
    ]);
  },
);

test.skipIf(isMissing("compiler") || process.getuid?.() !== 0)(
  "one of Java 8 obeys its own user alone: root asks it as that user, and leaves nothing; one of Java 11 obeys root",
  async () => {
    await using old = await startFakeJvm({ perfData: ofRelease("1.8"), uid: 65_534, obeysRoot: false });
    await using served = await serveJvm(coreOf(old));
    const text = { headers: { Accept: "text/plain" } };
    const asked = await served.get(`/jvm/${old.pid}/threads`, text);
    expect(asked.status).toBe(200);
    expect(await asked.text()).toContain('"main" #1');
    const again = await served.get(`/jvm/${old.pid}/commands`, text);
    expect(await again.text()).toContain("Thread.print");
    expect(readdirSync("/tmp").filter((name) => name === `.attach_pid${old.pid}`)).toEqual([]);
    await old.kill("SIGTERM");
    expect(await old.line().catch(() => "silent")).toBe("silent");
    const ended = await served.get(`/jvm/${old.pid}/threads`);
    expect([404, 409, 502]).toContain(ended.status);
    await using newer = await startFakeJvm({ perfData: ofRelease("11"), uid: 65_534 });
    await using other = await serveJvm(coreOf(newer));
    expect((await other.get(`/jvm/${newer.pid}/threads`)).status).toBe(200);
  },
);

needsCompiler(
  "one that offers version 2 of the attach protocol is asked in that; an older one is not",
  async () => {
    await using jvm = await startFakeJvm({ perfData: ofRelease("25"), speaksOnlyVersion2: true });
    await using served = await serveJvm(coreOf(jvm));
    const asked = await served.get(`/jvm/${jvm.pid}/threads`, asking("text/plain"));
    expect(await asked.text()).toContain('"main" #1');
    const properties = await served.get(`/jvm/${jvm.pid}/properties`);
    expect(propertiesAnswer.parse(await properties.json()).properties.length).toBeGreaterThan(2);
    await using old = await startFakeJvm({ perfData: ofRelease("17"), speaksOnlyVersion2: true });
    await using other = await serveJvm(coreOf(old));
    const refused = await other.get(`/jvm/${old.pid}/threads`);
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: "jvm-refused" }]);
  },
);

needsCompiler("one that ends while it is asked is a failure of the app", async () => {
  await using jvm = await startFakeJvm({ diesWhenAsked: true });
  await using served = await serveJvm(coreOf(jvm));
  const answer = await served.get(`/jvm/${jvm.pid}/threads`);
  expect([answer.status, await answer.json()]).toMatchObject([502, { code: "core-reset" }]);
});

needsCompiler("OpenJ9 is named, has no figures, and is not talked to", async () => {
  await using jvm = await startFakeJvm({ library: "libj9vm29.so", perfData: Buffer.alloc(32_768) });
  await using served = await serveJvm(coreOf(jvm));
  const detail = jvmDetail.parse(await (await served.get(`/jvm/${jvm.pid}`)).json());
  expect(detail).toMatchObject({ implementation: "OpenJ9", figures: null, source: null });
  expect(detail.unreadable[0]?.reason).toContain("OpenJ9 keeps no performance data");
  const refused = await served.get(`/jvm/${jvm.pid}/threads`);
  expect(await refused.json()).toMatchObject({ code: "jvm-not-attachable" });
  await using disturbing = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TOUCH: "disturb" } });
  const recording = await disturbing.get(`/jvm/${jvm.pid}/recordings`, POST);
  expect([recording.status, await recording.json()]).toMatchObject([
    409,
    { code: "jvm-not-attachable", remedy: expect.stringContaining("HotSpot") },
  ]);
  expect(existsSync(`/tmp/.java_pid${jvm.pid}`)).toBe(false);
});

test.skipIf(isMissing("compiler") || process.getuid?.() !== 0)(
  "the wish of somebody else to attach, which the JVM would not obey, is not taken for ours: the other folder is taken that it looks into",
  async () => {
    await using jvm = await startFakeJvm({ uid: 65_534 });
    const [inTmp, inCwd] = [`/tmp/.attach_pid${jvm.pid}`, `/.attach_pid${jvm.pid}`];
    await using served = await serveJvm(coreOf(jvm));
    const put = (trigger: string) => {
      writeFileSync(trigger, "");
      chownSync(trigger, 12_345, 12_345);
    };
    try {
      // The JVM looks into its working directory first, and no further.
      put(inCwd);
      const refused = await served.get(`/jvm/${jvm.pid}/heap`);
      expect([refused.status, await refused.json()]).toMatchObject([
        409,
        { code: "jvm-not-attachable", detail: expect.stringContaining("belongs to another user") },
      ]);
      rmSync(inCwd);
      put(inTmp);
      expect((await served.get(`/jvm/${jvm.pid}/heap`)).status).toBe(200);
      expect([existsSync(inTmp), existsSync(inCwd)]).toEqual([true, false]);
    } finally {
      rmSync(inTmp, { force: true });
      rmSync(inCwd, { force: true });
    }
  },
);

needsCompiler("Prometheus is told of it, and the capability has each level", async () => {
  await using jvm = await startFakeJvm();
  const feature = jvmFeature(coreOf(jvm));
  const text = writeMetrics((await feature.metrics?.()) ?? [], "openmetrics");
  expect(text).toContain('jvm_threads_current{jvm="Plain"} 6');
  expect(text).toContain('jvm_gc_collection_seconds_count{jvm="Plain",gc="Copy"} 0');
  expect(text).not.toContain('area="nonheap"} 0');
  const { parts } = await feature.capability();
  expect(Object.fromEntries(parts.map(({ name, works }) => [name, works]))).toEqual({
    [`observe JVM ${jvm.pid}`]: true,
    [`talk to JVM ${jvm.pid}`]: true,
    [`change MBeans of JVM ${jvm.pid}`]: false,
    [`disturb JVM ${jvm.pid}`]: false,
    [`read MBeans of JVM ${jvm.pid}`]: false,
  });
  await feature[Symbol.asyncDispose]?.();
});

test("without a known main process there are no JVMs, and it says what mends it", async () => {
  await using served = await serveJvm(NO_CORE);
  expect(await (await served.get("/jvm")).json()).toMatchObject({ jvms: [], reason: "It is not shared." });
  expect(await (await served.get("/jvm", asking("text/plain"))).text()).toContain("# What mends it:");
  expect(await (await served.get("/jvm/1")).json()).toMatchObject({ code: "not-a-jvm" });
  expect((await jvmFeature(NO_CORE).capability()).works).toBe("no");
});
