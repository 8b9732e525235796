import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { effectOfSignal, findProcess, signalProcess } from "../../src/linux/signal-process.ts";
import { startProgram } from "../features/config/support/core-fixture.ts";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/signal-process.ts", import.meta.url));

test("a process is found by its name and by its pid, as the same one", async () => {
  await using program = await startProgram({ name: "tickbird-find" });
  const { pid, startTime } = program;
  expect(await findProcess("tickbird-find")).toMatchObject({ kind: "found", pid, startTime });
  expect(await findProcess(pid)).toMatchObject({ kind: "found", pid, startTime });
});

test("neither this process nor one that has started it is ever found", async () => {
  expect(await findProcess(process.pid)).toMatchObject({ kind: "missing" });
  expect(await findProcess(process.ppid)).toMatchObject({ kind: "missing" });
  expect(await findProcess("no-such-program")).toMatchObject({ kind: "missing", reason: expect.any(String) });
});

test("what a signal does is told by what the process has asked the kernel for", async () => {
  await using program = await startProgram({ handles: ["HUP"], ignores: ["USR1"] });
  expect(await effectOfSignal(program.pid, "SIGHUP")).toBe("handled");
  expect(await effectOfSignal(program.pid, "SIGUSR1")).toBe("ignored");
  expect(await effectOfSignal(program.pid, "SIGUSR2")).toBe("ends the process");
  expect(await effectOfSignal(program.pid, "SIGWINCH")).toBe("ignored");
  expect(await effectOfSignal(2 ** 22 + 1, "SIGHUP")).toBeUndefined();
});

test("a signal reaches the process that was found, and no later one of the same pid", async () => {
  await using program = await startProgram({ handles: ["HUP"] });
  const { pid, startTime } = program;
  expect(signalProcess({ pid, startTime: "2001-01-01T00:00:00.000Z" }, "SIGHUP")).toBe("gone");
  expect(signalProcess({ pid, startTime }, 0)).toBe("sent");
  expect(program.received()).toEqual([]);
  expect(signalProcess({ pid, startTime }, "SIGHUP")).toBe("sent");
  await poll("the signal has come", () => program.received().length === 1);
});

test("a process that has ended gets nothing", async () => {
  const program = await startProgram();
  await program[Symbol.asyncDispose]();
  expect(signalProcess(program, "SIGHUP")).toBe("gone");
});

test.skipIf(isMissing("namespaces"))(
  "another user's process can't be signalled, and that is told",
  async () => {
    await using program = await startProgram({ handles: ["HUP"] });
    const { pid, startTime } = program;
    const nobody = { uid: 65_534, gid: 65_534 };
    const { stdout } = await promisify(execFile)(process.execPath, [FIXTURE, String(pid), startTime], nobody);
    expect(stdout).toBe("denied");
    expect(program.received()).toEqual([]);
  },
);
