import { readFileSync, rmSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { jvmDetail } from "../../src/features/jvm/jvm-schema.ts";
import { fixturePath, startTarget } from "../linux/target-process.ts";
import { isMissing } from "../support/needs.ts";
import { describeWith } from "../support/peers.ts";
import { OPERATOR_TOKEN } from "../support/serve-features.ts";
import { compilePrograms } from "./jvms.ts";

const CALLS = "kill,tkill,tgkill,pidfd_send_signal,rt_sigqueueinfo,connect,open,openat,openat2,creat";
const WRITES = /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|\bcreat\(/;

describeWith(["jdk", "strace"], "A JVM that is observed", () => {
  test.skipIf(isMissing("ptrace"))(
    "is sent no signal and no byte, and nothing of it is opened for writing: strace sees none of that, and all that is read",
    async () => {
      await using programs = await compilePrograms("Plain");
      await using jvm = await programs.start("Plain");
      const trace = `/var/tmp/tickbird-silence-${jvm.pid}`;
      onTestFinished(() => rmSync(trace, { force: true }));
      await using server = await startTarget([
        ...["strace", "-f", "-qq", "-s", "256", "-e", `trace=${CALLS}`, "-o", trace],
        ...[process.execPath, fixturePath("serve-jvm.ts"), String(jvm.pid)],
      ]);
      const url = await server.line();
      const headers = { Authorization: `Bearer ${OPERATOR_TOKEN}` };
      const ask = async (path: string) => {
        const answer = await fetch(`${url}${path}`, { headers });
        const body: unknown = await answer.json();
        expect(answer.status, JSON.stringify(body)).toBe(200);
        return body;
      };
      const begin = callsIn(trace).length;
      await ask("/jvm");
      expect(jvmDetail.parse(await ask(`/jvm/${jvm.pid}`)).figures?.threads.live).toBeGreaterThan(4);
      const silent = callsIn(trace).slice(begin);
      expect(silent.filter((call) => call.includes(`/proc/${jvm.pid}/`)).length).toBeGreaterThan(3);
      expect(silent.some((call) => call.includes("hsperfdata"))).toBe(true);
      expect(silent.filter(reaches)).toEqual([]);

      // What is looked for is seen where it is done.
      await ask(`/jvm/${jvm.pid}/heap`);
      const loud = callsIn(trace).slice(begin).filter(reaches).join("\n");
      expect(loud).toMatch(/SIGQUIT/);
      expect(loud).toMatch(/connect\(.*AF_UNIX/);
      expect(loud).toMatch(/open(?:at)?\(.*\.attach_pid\d+", O_WRONLY\|O_CREAT/);
    },
    90_000,
  );
});

/** The calls that strace has written so far. */
function callsIn(trace: string): string[] {
  return readFileSync(trace, "utf8").split("\n");
}

/** Whether a call sends something to another process, or opens something for writing. */
function reaches(call: string): boolean {
  if (/\b(?:kill|tkill|tgkill|pidfd_send_signal|rt_sigqueueinfo)\(/.test(call))
    return !/, 0(?:, NULL, 0)?\)/.test(call);
  if (/\bconnect\(/.test(call)) return call.includes("AF_UNIX");
  return /\b(?:open|openat|openat2|creat)\(/.test(call) && WRITES.test(call);
}
