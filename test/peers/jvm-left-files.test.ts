import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { dumpState } from "../../src/features/jvm/dumps/dump-schema.ts";
import { serveJvm } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { fixturePath, startTarget, type TargetProcess } from "../linux/target-process.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { OPERATOR_TOKEN } from "../support/serve-features.ts";
import { compilePrograms, type Programs } from "./jvms.ts";

/** A folder of the app on a disk, for one test. */
function appFolder(): string {
  const folder = mkdtempSync("/var/tmp/tickbird-left-");
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const settings = (folder: string) => ({ SIDECAR_JVM_TOUCH: "disturb", SIDECAR_JVM_DUMP_DIR: folder });

/** A sidecar that is killed, with the file that it leaves in the app: a JVM that is quick may leave none. */
async function killedAt(jvm: TargetProcess, folder: string, what: "heap-dumps" | "recordings") {
  return await poll(
    "a file is left",
    async () => {
      const argv = [process.execPath, fixturePath("serve-jvm.ts"), String(jvm.pid)];
      await using sidecar = await startTarget([...argv, JSON.stringify(settings(folder))]);
      const url = await sidecar.line();
      const headers = { Authorization: `Bearer ${OPERATOR_TOKEN}` };
      const asked = fetch(`${url}/jvm/${jvm.pid}/${what}`, { method: "POST", headers });
      const isKilled = poll("the file is there", () => readdirSync(folder)[0] !== undefined, {
        intervalMs: 1,
      });
      if (what === "recordings") expect((await asked).status).toBe(202);
      asked.catch(() => undefined);
      await isKilled;
      await sidecar.kill("SIGKILL");
      return readdirSync(folder)[0];
    },
    { timeoutMs: 40_000 },
  );
}

describeWith(["jdk"], "What a killed sidecar has left in the app", () => {
  let programs: Programs;
  /** Where JVMs record: one that is killed leaves its folder there. */
  let own: string;
  beforeAll(async () => {
    own = mkdtempSync("/var/tmp/tickbird-jfr-");
    programs = await compilePrograms("Plain");
  });
  afterAll(async () => {
    await programs?.[Symbol.asyncDispose]();
    rmSync(own, { recursive: true });
  });

  test.each(["heap-dumps", "recordings"] as const)(
    "goes when the next one starts: %s",
    async (what) => {
      const folder = appFolder();
      await using jvm = await programs.start("Plain", { options: [`-Djava.io.tmpdir=${own}`] });
      expect(await killedAt(jvm, folder, what)).toMatch(/^\.tickbird-\d+-\d+-[\w-]{12}\.(?:hprof|jfr)$/);
      await using served = await serveJvm(coreOf(jvm), { env: settings(folder) });
      await poll("it is gone", () => readdirSync(folder).length === 0);
      const { stdout } = await promisify(execFile)("/usr/bin/jcmd", [String(jvm.pid), "JFR.check"]);
      expect(stdout).toContain("No available recordings");
      // The JVM does as it is asked, as before.
      const begun = await served.get(`/jvm/${jvm.pid}/heap-dumps`, { method: "POST" });
      expect(dumpState.parse(await begun.json()).state).toBe("running");
    },
    60_000,
  );

  test("a recording that goes on is left where the settings do not allow to end it", async () => {
    const folder = appFolder();
    await using jvm = await programs.start("Plain", { options: [`-Djava.io.tmpdir=${own}`] });
    const left = (await killedAt(jvm, folder, "recordings")) ?? "";
    const old = join(folder, left.replace(/\.jfr$/, ".hprof"));
    writeFileSync(old, "JAVA PROFILE");
    await using _ = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_DUMP_DIR: folder } });
    await poll("the dump is gone", () => !existsSync(old));
    expect(readdirSync(folder)).toEqual([left]);
  });
});
