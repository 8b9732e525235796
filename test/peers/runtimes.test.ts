import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createRuntime } from "../../src/features/runtime/runtime.ts";
import { runtimeList } from "../../src/features/runtime/runtime-schema.ts";
import { coreOf } from "../features/processes/support.ts";
import { startTarget } from "../linux/target-process.ts";
import { unusedPort } from "../support/front.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { serveFeatures } from "../support/serve-features.ts";
import { compilePrograms } from "./jvms.ts";

/** What programs are, beside what they say of themselves (`--version`). */

async function mainOf(core: { readonly pid: number }) {
  const coreProcess = { find: async () => coreOf(core) };
  await using served = await serveFeatures([createRuntime({ coreProcess })]);
  const { processes } = runtimeList.strict().parse(await (await served.get("/runtime")).json());
  return processes.find(({ pid }) => pid === core.pid);
}

/** The version that a program says, on either output. */
function versionOf(program: string, pattern: RegExp): string {
  const said = execFileSync("sh", ["-c", 'exec "$0" --version 2>&1', program], { encoding: "utf8" });
  return pattern.exec(said)?.[1] ?? `none in: ${said}`;
}

describeWith(["jdk"], "/runtime tells of java", () => {
  test("the version that it says itself", async () => {
    await using programs = await compilePrograms("Plain");
    await using jvm = await programs.start("Plain");
    const version = versionOf("/usr/bin/java", /^openjdk (\S+)/);
    expect(await mainOf(jvm)).toMatchObject({ kind: "jvm", version, isMain: true });
  });
});

describeWith(["python"], "/runtime tells of python3", () => {
  test("the series of the version that it says itself: more of it is not seen from outside", async () => {
    const program = "import time\nprint('up', flush=True)\ntime.sleep(300)";
    await using python = await startTarget(["/usr/bin/python3", "-c", program]);
    await python.line();
    const version = versionOf("/usr/bin/python3", /^Python (\d+\.\d+)\./);
    expect(await mainOf(python)).toMatchObject({ kind: "python", version, isMain: true });
  });
});

describeWith(["prometheus"], "/runtime tells of Prometheus, a program in Go", () => {
  test("the Go that has built it, as it says itself", async () => {
    const folder = mkdtempSync("/var/tmp/tickbird-runtime-");
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "prometheus.yml");
    writeFileSync(file, "");
    const options = [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`];
    const port = await unusedPort();
    await using server = await startTarget(
      ["/usr/bin/prometheus", ...options, `--web.listen-address=127.0.0.1:${port}`],
      { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
    );
    const version = versionOf("/usr/bin/prometheus", /go version: +go(\S+)/);
    const main = await poll("it is executed", async () => {
      const now = await mainOf(server);
      return now?.kind === "go" && now;
    });
    expect(main).toMatchObject({ kind: "go", version, isMain: true });
  });
});
