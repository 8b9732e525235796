import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { recordingList, recordingState } from "../../src/features/jvm/recordings/recording-schema.ts";
import { serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { mountDisk } from "../support/mounts.ts";
import { isWithoutDisks } from "../support/needs.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type ServedFeatures, VIEWER_TOKEN } from "../support/serve-features.ts";
import { compilePrograms, installedJdks, type Programs } from "./jvms.ts";

const run = promisify(execFile);
const post = (body: object) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
// Not /tmp, which may be in memory.
const ALLOWED = { SIDECAR_JVM_TOUCH: "disturb", SIDECAR_JVM_DUMP_DIR: "/var/tmp" };
/** What is left of ours where a JVM writes its file. */
const leftBehind = () => readdirSync("/var/tmp").filter((name) => /^\.tickbird-.*\.jfr$/.test(name));

/** The path of a recording below the prefix. */
const pathOf = (self: string) => self.slice("/_sidecar".length);

async function stateOf(served: ServedFeatures, self: string) {
  return recordingState.strict().parse(await (await served.get(pathOf(self))).json());
}

async function begun(served: ServedFeatures, pid: number, wish: object) {
  const answer = await served.get(`/jvm/${pid}/recordings`, post(wish));
  const text = await answer.text();
  expect(answer.status, text).toBe(202);
  const state = recordingState.strict().parse(JSON.parse(text));
  expect(answer.headers.get("Location")).toBe(state.links.self);
  return state;
}

async function ended(served: ServedFeatures, self: string) {
  return await poll("the recording is over", async () => {
    const state = await stateOf(served, self);
    return state.state !== "running" && state;
  });
}

async function refusal(served: ServedFeatures, pid: number, wish: object) {
  const answer = await served.get(`/jvm/${pid}/recordings`, post(wish));
  return [answer.status, await answer.json()];
}

/** What a JVM says to a command, by the JDK's own jcmd. */
async function jcmd(pid: number, command: string, home = "/usr"): Promise<string> {
  return (await run(join(home, "bin/jcmd"), [String(pid), ...command.split(" ")])).stdout;
}

describeWith(["jdk"], "JVMs record what they do", () => {
  let programs: Programs;
  /** Where JVMs record: one that is killed leaves its folder there. */
  let own: string;
  let options: readonly string[];
  beforeAll(async () => {
    own = mkdtempSync("/var/tmp/tickbird-jfr-");
    chmodSync(own, 0o777);
    options = [`-Djava.io.tmpdir=${own}`];
    programs = await compilePrograms("Plain", "Loud");
  });
  afterAll(async () => {
    await programs?.[Symbol.asyncDispose]();
    rmSync(own, { recursive: true });
  });

  test.each(installedJdks())(
    "%s records; its own jfr reads the file, and nothing of it stays in the app",
    async (_, home) => {
      await using jvm = await programs.start("Plain", { home, options });
      await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
      const { links, ...first } = await begun(served, jvm.pid, { durationSeconds: 2, settings: "profile" });
      expect(first).toMatchObject({ state: "running", settings: "profile", expiresAt: null });
      const done = await ended(served, links.self);
      expect(done).toMatchObject({ state: "ended", reason: null, progress: 1, jvm: { pid: jvm.pid } });
      expect(Date.parse(done.expiresAt ?? "")).toBeGreaterThan(Date.now());
      expect(leftBehind()).toEqual([]);
      expect(await jcmd(jvm.pid, "JFR.check", home)).toContain("No available recordings");
      const file = await served.get(pathOf(links.file));
      expect(file.headers.get("Content-Disposition")).toMatch(/recording-\d+-\d{14}\.jfr/);
      const content = Buffer.from(await file.arrayBuffer());
      expect(content).toHaveLength(done.bytes);
      const taken = join(own, "recording.jfr");
      writeFileSync(taken, content);
      const { stdout } = await run(join(home, "bin/jfr"), ["summary", taken]);
      expect(stdout).toMatch(/jdk\.CPULoad +[1-9]/);
      expect((await served.get(pathOf(links.self), { method: "DELETE" })).status).toBe(204);
      expect((await served.get(pathOf(links.file))).status).toBe(404);
    },
    60_000,
  );

  test.each(installedJdks())(
    "%s keeps no more than it may, and two chunks of its own recorder, however much there is to record",
    async (_, home) => {
      await using jvm = await programs.start("Loud", { home, options });
      await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
      const maxBytes = 1_048_576;
      const { links } = await begun(served, jvm.pid, { durationSeconds: 15, maxBytes });
      const { state, bytes } = await poll(
        "the recording is over",
        async () => {
          const now = await stateOf(served, links.self);
          return now.state !== "running" && now;
        },
        { timeoutMs: 50_000 },
      );
      expect(state).toBe("ended");
      // The last chunk may just have begun, and the one before it be given up: what each says of itself is in it all the same.
      expect(bytes).toBeGreaterThan(50_000);
      // A chunk has 12 MB, and goes a little beyond; there is one that is whole beside that which is written.
      expect(bytes).toBeLessThan(maxBytes + 2 * 16_777_216);
      await jvm.kill();
      let saidMb = 0;
      for (;;) {
        const line = await jvm.line().catch(() => undefined);
        if (line === undefined) break;
        saidMb = Number(line);
      }
      expect(saidMb).toBeGreaterThanOrEqual(40);
    },
    60_000,
  );

  test("one that is given up is stopped in the JVM, and leaves nothing; so is one that a sidecar leaves that stops", async () => {
    await using jvm = await programs.start("Plain", { options });
    {
      await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
      const { links, id, progress } = await begun(served, jvm.pid, { durationSeconds: 600 });
      expect(progress).toBeLessThan(1);
      const early = await served.get(pathOf(links.file));
      expect([early.status, early.headers.get("Retry-After")]).toEqual([409, "2"]);
      expect(await jcmd(jvm.pid, "JFR.check")).toContain(`name=tickbird-${id} `);
      expect((await served.get(pathOf(links.self), { method: "DELETE" })).status).toBe(204);
      expect(await jcmd(jvm.pid, "JFR.check")).toContain("No available recordings");
      expect(leftBehind()).toEqual([]);
      await begun(served, jvm.pid, { durationSeconds: 600 });
    }
    expect(await jcmd(jvm.pid, "JFR.check")).toContain("No available recordings");
    expect(leftBehind()).toEqual([]);
  });

  test("it is for operators, where the settings allow to disturb a JVM, and within their limits", async () => {
    await using jvm = await programs.start("Plain", { options });
    await using served = await serveJvm(coreOf(jvm));
    expect(await refusal(served, jvm.pid, {})).toMatchObject([
      403,
      { code: "touch-not-allowed", remedy: "SIDECAR_JVM_TOUCH=disturb" },
    ]);
    await using allowed = await serveJvm(coreOf(jvm), { env: ALLOWED });
    const asViewer = { Authorization: `Bearer ${VIEWER_TOKEN}` };
    const viewed = await allowed.get(`/jvm/${jvm.pid}/recordings`, { method: "POST", headers: asViewer });
    expect(viewed.status).toBe(403);
    expect((await allowed.get("/recordings", { headers: asViewer })).status).toBe(403);
    const long = await refusal(allowed, jvm.pid, { durationSeconds: 3_601 });
    expect(long).toMatchObject([422, { errors: [{ pointer: "/durationSeconds" }] }]);
    const odd = await refusal(allowed, jvm.pid, { settings: "/etc/passwd" });
    expect(odd).toMatchObject([422, { errors: [{ pointer: "/settings" }] }]);
    expect(await refusal(allowed, jvm.pid, { maxBytes: 99_999_999_999 })).toMatchObject([
      422,
      { maxBytes: 67_108_864, remedy: "SIDECAR_JVM_MAX_RECORDING_BYTES=99999999999" },
    ]);
    expect(await jcmd(jvm.pid, "JFR.check")).toContain("No available recordings");
  });

  test("a JVM that records already is asked only with `beside`, and what others have begun goes on", async () => {
    await using jvm = await programs.start("Plain", { options });
    await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
    await jcmd(jvm.pid, "JFR.start name=theirs duration=10m");
    expect(await refusal(served, jvm.pid, {})).toMatchObject([
      409,
      {
        code: "conflict",
        detail: expect.stringContaining("theirs"),
        remedy: expect.stringMatching(/beside/),
      },
    ]);
    const { links, id } = await begun(served, jvm.pid, { durationSeconds: 600, beside: true });
    expect(await refusal(served, jvm.pid, { beside: true })).toMatchObject([
      409,
      { code: "conflict", remedy: expect.stringContaining(`GET recordings/${id}`) },
    ]);
    await served.get(pathOf(links.self), { method: "DELETE" });
    expect((await jcmd(jvm.pid, "JFR.check")).match(/^Recording .*/gm)).toEqual([
      expect.stringMatching(/name=theirs .*\(running\)$/),
    ]);
  });

  test("one that somebody else stops in the JVM is taken as it is", async () => {
    await using jvm = await programs.start("Plain", { options });
    await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
    const { links, id } = await begun(served, jvm.pid, { durationSeconds: 3 });
    await jcmd(jvm.pid, `JFR.stop name=tickbird-${id}`);
    expect(await ended(served, links.self)).toMatchObject({ state: "ended", reason: null });
  });

  test("a JVM that ends meanwhile leaves what it has; one that is killed leaves nothing, and that is said", async () => {
    await using jvm = await programs.start("Plain", { options });
    await using served = await serveJvm(coreOf(jvm), { env: ALLOWED });
    const first = await begun(served, jvm.pid, { durationSeconds: 600 });
    await jvm.kill("SIGTERM");
    const done = await ended(served, first.links.self);
    expect(done).toMatchObject({ state: "ended", reason: expect.stringContaining("The JVM ended before") });
    expect(done.bytes).toBeGreaterThan(10_000);

    await using other = await programs.start("Plain", { options });
    await using again = await serveJvm(coreOf(other), { env: ALLOWED });
    const second = await begun(again, other.pid, { durationSeconds: 600 });
    await other.kill("SIGKILL");
    const failed = await ended(again, second.links.self);
    expect(failed).toMatchObject({ state: "failed", reason: expect.stringContaining("has left nothing") });
    expect(leftBehind()).toEqual([]);
    const file = await again.get(pathOf(second.links.file));
    expect([file.status, await file.json()]).toMatchObject([409, { code: "conflict" }]);
  });

  test.each([
    [
      "with -XX:-FlightRecorder",
      ["-XX:-FlightRecorder"],
      {},
      409,
      /no Flight Recorder: Flight Recorder is dis/,
    ],
    ["whose own folder is in memory", ["-Djava.io.tmpdir=/dev/shm"], {}, 409, /\/dev\/shm .* in memory/],
    ["and a folder in memory", [], { SIDECAR_JVM_DUMP_DIR: "/dev/shm" }, 409, /\/dev\/shm .* in memory/],
    ["and a folder that is not there", [], { SIDECAR_JVM_DUMP_DIR: "/nowhere" }, 404, /\/nowhere/],
    ["and a folder with a quote", [], { SIDECAR_JVM_DUMP_DIR: '/var/tmp" x="' }, 409, /can't be told/],
  ])("a JVM %s does not record, and it says what mends it", async (_, more, env, status, detail) => {
    await using jvm = await programs.start("Plain", { options: [...options, ...more] });
    await using served = await serveJvm(coreOf(jvm), { env: { ...ALLOWED, ...env } });
    expect(await refusal(served, jvm.pid, {})).toMatchObject([
      status,
      { detail: expect.stringMatching(detail), remedy: expect.stringMatching(/./) },
    ]);
    expect(recordingList.parse(await (await served.get("/recordings")).json()).recordings).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "a JVM that may not write there refuses, in its own words",
    async () => {
      await using jvm = await programs.start("Plain", { options, uid: 65_534, gid: 65_534 });
      await using served = await serveJvm(coreOf(jvm), {
        env: { ...ALLOWED, SIDECAR_JVM_DUMP_DIR: "/root" },
      });
      expect(await refusal(served, jvm.pid, {})).toMatchObject([
        409,
        { code: "jvm-refused", detail: expect.stringMatching(/not able to write to file/) },
      ]);
      expect(readdirSync("/root").filter((name) => name.startsWith(".tickbird"))).toEqual([]);
    },
  );

  test.skipIf(isWithoutDisks())(
    "a disk without room is refused; one that fills up meanwhile ends the recording before it would end the JVM",
    async () => {
      const folder = mkdtempSync("/var/tmp/tickbird-disk-");
      onTestFinished(() => rmSync(folder, { recursive: true }));
      await using disk = mountDisk(folder, 209_715_200);
      await using jvm = await programs.start("Plain", { options: [`-Djava.io.tmpdir=${disk.path}`] });
      const env = { ...ALLOWED, SIDECAR_JVM_DUMP_DIR: disk.path };
      await using served = await serveJvm(coreOf(jvm), { env });
      expect(await refusal(served, jvm.pid, { maxBytes: 60_000_000 })).toMatchObject([
        507,
        {
          code: "storage-full",
          detail: expect.stringContaining("bytes; "),
          remedy: expect.stringMatching(/./),
        },
      ]);
      const { links } = await begun(served, jvm.pid, { durationSeconds: 600, maxBytes: 1_048_576 });
      await writeFile(join(disk.path, "filler"), Buffer.alloc(120_000_000));
      const { state, reason } = await ended(served, links.self);
      expect([state, reason]).toEqual(["failed", expect.stringContaining("no room left")]);
      expect(await jcmd(jvm.pid, "JFR.check")).toContain("No available recordings");
      expect(readdirSync(disk.path).filter((name) => name.startsWith(".tickbird"))).toEqual([]);
      await jvm.kill();
    },
    60_000,
  );
});
