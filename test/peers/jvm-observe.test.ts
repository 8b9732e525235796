import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JvmFigures } from "../../src/features/jvm/figures-schema.ts";
import { jvmDetail, jvmList } from "../../src/features/jvm/jvm-schema.ts";
import { serveJvm } from "../features/jvm/support.ts";
import { asking, coreOf, serveAs } from "../features/processes/support.ts";
import { startIdle, startScript, type TargetProcess } from "../linux/target-process.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { compilePrograms, installedJdks, type Programs } from "./jvms.ts";

const serve = (core: { pid: number }) => serveJvm(coreOf(core));

/** The counters as the JDK's own tool reads them. */
function countersOf(home: string, pid: number): Map<string, string> {
  const text = execFileSync(`${home}/bin/jcmd`, [String(pid), "PerfCounter.print"], { encoding: "utf8" });
  return new Map([...text.matchAll(/^([\w.]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

/** Not one counter but four. */
const LOADED = "classes that are loaded";

function withClasses(counters: Map<string, string>): Map<string, string> {
  const value = (name: string) => Number(counters.get(`java.cls.${name}`));
  const loaded = value("loadedClasses") + value("sharedLoadedClasses");
  const unloaded = value("unloadedClasses") + value("sharedUnloadedClasses");
  return new Map(counters).set(LOADED, String(loaded - unloaded));
}

/** Our figures by the names of the JVM's own counters, as far as they are one each. */
function countedBy(figures: JvmFigures | null): Map<string, number | null | undefined> {
  const { memory, gc, safepoints, threads, classes } = figures ?? {};
  const generations = Map.groupBy(memory?.heap.spaces ?? [], ({ generation }) => generation);
  const spaces = [...generations.values()].flatMap((all, generation) =>
    all.flatMap(({ usedBytes, committedBytes, maxBytes }, space) => {
      const path = `sun.gc.generation.${generation}.space.${space}`;
      return [
        [`${path}.used`, usedBytes] as const,
        [`${path}.capacity`, committedBytes] as const,
        [`${path}.maxCapacity`, maxBytes] as const,
      ];
    }),
  );
  const collectors = (gc?.collectors ?? []).map(
    ({ count }, at) => [`sun.gc.collector.${at}.invocations`, count] as const,
  );
  return new Map<string, number | null | undefined>([
    ...spaces,
    ...collectors,
    ["sun.gc.metaspace.used", memory?.metaspace.usedBytes],
    ["sun.gc.metaspace.capacity", memory?.metaspace.committedBytes],
    ["sun.rt.safepoints", safepoints?.count],
    ["java.threads.daemon", threads?.daemon],
    ["java.threads.live", threads?.live],
    ["java.threads.livePeak", threads?.peak],
    [LOADED, classes?.loaded],
  ]);
}

describeWith(["jdk"], "JVMs are observed", () => {
  let programs: Programs;
  beforeAll(async () => {
    programs = await compilePrograms("Plain");
  });
  afterAll(async () => {
    await programs?.[Symbol.asyncDispose]();
  });

  const detailOf = async (jvm: { pid: number }) => {
    await using served = await serve(jvm);
    return jvmDetail.strict().parse(await (await served.get(`/jvm/${jvm.pid}`)).json());
  };

  test.each(installedJdks())("a JVM of %s tells what the JDK's own jcmd reads", async (_, home) => {
    await using jvm = await programs.start("Plain", {
      home,
      options: ["-Ddb.password=hush"],
      arguments: ["--token", "abc"],
    });
    await using served = await serve(jvm);
    const { jvms } = jvmList.strict().parse(await (await served.get("/jvm")).json());
    expect(jvms).toMatchObject([
      { pid: jvm.pid, isMain: true, command: "Plain --token ******", unreadable: [] },
    ]);
    const { figures, source, version } = await detailOf(jvm);
    expect(source).toBe("file");
    // jcmd itself starts a thread in the JVM, so it is asked afterwards.
    const counters = countersOf(home, jvm.pid);
    const value = (name: string) => counters.get(name)?.replace(/^"|"$/g, "");
    expect(version).toBe(value("java.property.java.version"));
    expect(figures?.vm.version).toBe(value("java.property.java.vm.version"));
    expect(figures?.arguments).toContain("-Ddb.password=******");
    expect(figures?.threads.peak).toBeLessThanOrEqual(Number(value("java.threads.livePeak")));
    expect(figures?.threads.live).toBeGreaterThan(4);
    expect(figures?.classes.loaded).toBeGreaterThan(300);
    expect(figures?.memory.heap.maxBytes).toBeGreaterThan(50_000_000);
    expect(figures?.gc.collectors.map(({ name }) => name)).toEqual(
      [...counters]
        .filter(([name]) => /^sun\.gc\.collector\.\d\.name$/.test(name))
        .map(([, text]) => text.slice(1, -1)),
    );
    expect(figures?.canAttach).toBe(true);
  });

  test.each(installedJdks())(
    "what %s itself counts is told, figure by figure, where it was the same before and after",
    async (_, home) => {
      await using jvm = await programs.start("Plain", { home, options: ["-XX:+UseSerialGC"] });
      execFileSync(`${home}/bin/jcmd`, [String(jvm.pid), "GC.run"]);
      // The first question loads what answers it.
      countersOf(home, jvm.pid);
      const before = withClasses(countersOf(home, jvm.pid));
      const { figures } = await detailOf(jvm);
      const after = withClasses(countersOf(home, jvm.pid));
      const same = [...countedBy(figures)].filter(([name]) => before.get(name) === after.get(name));
      expect(Object.fromEntries(same)).toEqual(
        Object.fromEntries(same.map(([name]) => [name, Number(before.get(name))])),
      );
      // All that nothing but a collection changes, and most of the rest.
      const names = new Set(same.map(([name]) => name));
      expect(names).toContain(LOADED);
      for (const generation of [0, 1]) {
        for (const what of ["capacity", "used"]) {
          expect(names).toContain(`sun.gc.generation.${generation}.space.0.${what}`);
        }
        expect(names).toContain(`sun.gc.collector.${generation}.invocations`);
      }
      expect(same.length).toBeGreaterThan(15);
    },
  );

  test.each([
    ["-XX:+PerfDisableSharedMem", { options: ["-XX:+PerfDisableSharedMem"] }],
    ["a uid that has no name", { uid: 12_345, gid: 12_345 }],
  ])("with %s there is no file, and the figures are read from its memory", async (_, how) => {
    for (const [, home] of installedJdks()) {
      await using jvm = await programs.start("Plain", { home, ...how });
      const { figures, source } = await detailOf(jvm);
      expect(source).toBe("memory");
      expect(figures).toMatchObject({ command: "Plain", canAttach: true });
    }
  });

  test("a JVM without performance data says so; one that can't be attached to does", async () => {
    await using without = await programs.start("Plain", { options: ["-XX:-UsePerfData"] });
    const detail = await detailOf(without);
    expect(detail).toMatchObject({ figures: null, source: null, implementation: "HotSpot" });
    expect(detail.version).toMatch(/^\d+\./);
    expect(detail.unreadable[0]).toMatchObject({
      field: "figures",
      remedy: "Start the app without -XX:-UsePerfData",
    });
    await using closed = await programs.start("Plain", { options: ["-XX:+DisableAttachMechanism"] });
    expect((await detailOf(closed)).figures?.canAttach).toBe(false);
  });

  test("collections are counted, with their share of the time", async () => {
    await using jvm = await programs.start("Plain", { options: ["-XX:+UseSerialGC"] });
    const before = await detailOf(jvm);
    execFileSync("/usr/bin/jcmd", [String(jvm.pid), "GC.run"]);
    const { figures } = await detailOf(jvm);
    expect(figures?.gc.count).toBeGreaterThan(before.figures?.gc.count ?? 0);
    expect(figures?.gc.timeSeconds).toBeGreaterThan(0);
    expect(figures?.gc.share).toBeGreaterThan(0);
    expect(figures?.gc.share).toBeLessThan(1);
    expect(figures?.gc.lastCause).toBe("Diagnostic Command");
    expect(figures?.memory.metaspace.usedBytes).toBeGreaterThan(10_000);
    expect(figures?.safepoints.timeSeconds).toBeGreaterThanOrEqual(0);
  });

  const hostile: [string, (path: string) => void][] = [
    ["a link to a file of ours", (path) => symlinkSync("/etc/passwd", path)],
    ["a FIFO", (path) => execFileSync("mkfifo", [path])],
    ["a folder", (path) => mkdirSync(path)],
    [
      "a huge file",
      (path) => {
        writeFileSync(path, "x");
        truncateSync(path, 1_099_511_627_776);
      },
    ],
    ["an empty file", (path) => writeFileSync(path, "")],
  ];
  test.each(hostile)("%s in the place of its file does no harm", async (_, put) => {
    await using jvm = await programs.start("Plain");
    const path = `/tmp/hsperfdata_root/${jvm.pid}`;
    rmSync(path);
    put(path);
    try {
      const { figures, source } = await detailOf(jvm);
      expect(source).toBe("memory");
      expect(figures?.threads.live).toBeGreaterThan(4);
      expect(JSON.stringify(figures)).not.toContain("root:x:0:0");
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  });

  test("an app that writes into its own performance data is not believed, and is read again when it is sound", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serve(jvm);
    const figures = async () => jvmDetail.parse(await (await served.get(`/jvm/${jvm.pid}`)).json());
    expect((await figures()).source).toBe("file");
    const file = openSync(`/tmp/hsperfdata_root/${jvm.pid}`, "r+");
    try {
      const head = Buffer.alloc(32);
      readSync(file, head, 0, head.length, 0);
      const lie = Buffer.from(head);
      lie.writeInt32LE(2_000_000_000, 28);
      writeSync(file, lie, 0, lie.length, 0);
      const { unreadable, figures: none } = await figures();
      expect(none).toBeNull();
      expect(unreadable[0]?.reason).toContain("can't be understood: it is said to have 2000000000 counters");
      writeSync(file, head, 0, head.length, 0);
      expect((await figures()).figures?.threads.live).toBeGreaterThan(4);
    } finally {
      closeSync(file);
    }
  });

  test("what is no JVM of the app is refused by that name", async () => {
    await using idle = await startIdle();
    await using served = await serve(idle);
    const none = await served.get(`/jvm/${idle.pid}`);
    expect([none.status, await none.json()]).toMatchObject([409, { code: "not-a-jvm" }]);
    expect((await served.get("/jvm/4194000")).status).toBe(404);
    await using other = await programs.start("Plain");
    expect(await (await served.get(`/jvm/${other.pid}`)).json()).toMatchObject({
      code: "not-a-jvm",
      detail: `Process ${other.pid} is none of the app's.`,
    });
    expect(await (await served.get("/jvm")).json()).toMatchObject({ jvms: [], reason: null });
  });

  test("a sidecar of another user says what would let it look", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serveAs({ uid: 65_534, gid: 65_534 }, jvm, "serve-jvm.ts");
    const answer = await served.request(`/jvm/${jvm.pid}`);
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: "permission-denied" }]);
    const list = await (await served.request("/jvm")).json();
    expect(list).toMatchObject({
      jvms: [],
      reason: expect.stringContaining(`can't be told whether process ${jvm.pid} is a JVM`),
      remedy: expect.stringContaining("SYS_PTRACE"),
    });
  });

  test("a JVM that begins again below the same parent is a new one, and the old one is let go", async () => {
    await using parent = await startScript("sleep 300");
    await using served = await serve(parent);
    expect(await (await served.get("/jvm")).json()).toMatchObject({ jvms: [] });
    await using jvm: TargetProcess = await programs.start("Plain");
    await using direct = await serve(jvm);
    expect((await direct.get(`/jvm/${jvm.pid}`)).status).toBe(200);
    await jvm.kill();
    const gone = await poll("it is gone", async () => {
      const answer = await direct.get(`/jvm/${jvm.pid}`);
      return answer.status === 404 && answer;
    });
    expect(await gone.json()).toMatchObject({ code: "process-not-found" });
  });

  test("text and pages are for people", async () => {
    await using jvm = await programs.start("Plain");
    await using served = await serve(jvm);
    expect(await (await served.get("/jvm", asking("text/plain"))).text()).toMatch(/^ *PID {2}VERSION/);
    expect(await (await served.get(`/jvm/${jvm.pid}`, asking("text/plain"))).text()).toMatch(
      /^threads\.live +\d+$/m,
    );
    expect(await (await served.get("/jvm", asking("text/html"))).text()).toContain("The app's JVMs");
    expect(await (await served.get(`/jvm/${jvm.pid}`, asking("text/html"))).text()).toContain("gc.share");
  });
});
