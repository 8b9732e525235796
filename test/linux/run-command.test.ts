import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { CommandRun } from "../../src/linux/command-place.ts";
import type { CoreProcess } from "../../src/linux/core-process.ts";
import { MAX_OUTPUT_BYTES, runCommand } from "../../src/linux/run-command.ts";
import { type OwnRoot, startInOwnRoot } from "../features/config/support/own-root.ts";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";
import { fixturePath, hasEnded } from "./target-process.ts";

const NOBODY: CoreProcess = { kind: "missing", reason: "No app here.", remedy: "Share the PID namespace." };

function run(
  command: readonly string[],
  more: Partial<CommandRun> & { core?: CoreProcess; signal?: AbortSignal } = {},
) {
  const { core = NOBODY, signal = new AbortController().signal, ...rest } = more;
  return runCommand(
    { command, in: "sidecar", timeoutMs: 10_000, ...rest },
    { coreProcess: { find: async () => core } },
    signal,
  );
}

/** A shell script as an argument vector; the tests' own, never the product's. */
const script = (text: string) => ["sh", "-c", text];

describe("a command", () => {
  test("gives its exit code and what it wrote, with nothing to read and a clean environment", async () => {
    const outcome = await run(script("cat; echo out; echo err >&2; env | sort; exit 3"), {
      env: { APP_MODE: "check" },
    });
    expect(outcome).toMatchObject({ exitCode: 3, signal: null, timedOut: false, outputTruncated: false });
    const lines = outcome.output.split("\n");
    expect(lines).toEqual(expect.arrayContaining(["out", "err", "APP_MODE=check", "LC_ALL=C", "HOME=/"]));
    const names = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(names.filter((name) => !["PWD", "SHLVL", "_", "OLDPWD"].includes(name))).toEqual([
      "APP_MODE",
      "HOME",
      "LC_ALL",
      "PATH",
    ]);
  });

  test("is an argument vector: nothing in it is read by a shell", async () => {
    const { output } = await run(["printf", "%s\\n", "$HOME; echo x", "`id`"]);
    expect(output).toBe("$HOME; echo x\n`id`\n");
  });

  test("that hangs and ignores SIGTERM is killed, and all that it has started with it", async () => {
    const startedMs = performance.now();
    const outcome = await run(script("trap '' TERM; sleep 300 & echo $!; while :; do sleep 300; done"), {
      timeoutMs: 200,
    });
    expect(outcome).toMatchObject({ timedOut: true, exitCode: null, signal: "SIGKILL" });
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    const child = Number.parseInt(outcome.output, 10);
    expect(child).toBeGreaterThan(1);
    await poll("its child has ended too", () => hasEnded(child));
  });

  test("that floods its output is kept to the first part of it, and says so", async () => {
    const outcome = await run(script("yes abcdefg | head -c 5000000; yes x | head -c 5000000 >&2"));
    expect(outcome).toMatchObject({ exitCode: 0, outputTruncated: true });
    expect(outcome.output.length).toBe(2 * MAX_OUTPUT_BYTES);
  });

  test("that can't be started is no outcome but a problem with what mends it", async () => {
    await expect(run(["no-such-program"])).rejects.toMatchObject({
      code: "conflict",
      remedy: expect.stringContaining("in: core"),
    });
    await expect(run(["true"], { in: "core" })).rejects.toMatchObject({
      code: "process-not-found",
      remedy: "Share the PID namespace.",
    });
  });

  test("is stopped with the sidecar", async () => {
    const stop = new AbortController();
    const running = run(["sleep", "300"], { signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "shutting-down" });
  });
});

/** Runs a command in an app as a sidecar that `starter` starts; without one, as this process. */
async function runIn(app: OwnRoot, command: readonly string[], starter: readonly string[] = []) {
  const argv = [...starter, process.execPath, fixturePath("run-in-core.ts"), String(app.pid), ...command];
  const { stdout } = await promisify(execFile)(argv[0] ?? "", argv.slice(1));
  return z
    .looseObject({ output: z.string(), ranIn: z.unknown(), told: z.unknown() })
    .parse(JSON.parse(stdout));
}

const WITHOUT = (names: string) => ["setpriv", `--bounding-set=${names}`, "--inh-caps=-all"];
const ALL_CORE = { root: "core", network: "core", uts: "core", ipc: "core" };

describe.skipIf(isMissing("namespaces"))("a command in the app's namespaces", () => {
  const LOOK = [
    "sh",
    "-c",
    "uname -n; ip -o addr show dev lo; ipcs -q | grep -c ^0x; grep Cap /proc/$$/status",
  ];
  const FILL =
    "hostname of-the-app; ip link set lo up; ip addr add 10.99.0.1/32 dev lo; ipcmk -Q > /dev/null";

  const start = (program?: string) => startInOwnRoot(FILL, program, ["--net", "--uts", "--ipc"]);

  test("has the app's addresses, host name and IPC where the sidecar may enter them", async () => {
    await using app = await start();
    const { output, ranIn, told } = await runIn(app, LOOK);
    expect(ranIn).toEqual(ALL_CORE);
    expect(told).toEqual(ALL_CORE);
    const [name, ...others] = output.split("\n");
    expect(name).toBe("of-the-app");
    expect(others.join("\n")).toContain("inet 10.99.0.1/32");
    expect(output).toContain("\n1\n");
  });

  test("has the sidecar's where it may not, and says so, why, and what would open them", async () => {
    await using app = await start();
    for (const [missing, reason] of [
      ["-sys_admin", "it lacks CAP_SYS_ADMIN"],
      ["-setpcap", "it lacks CAP_SETPCAP"],
      ["-sys_admin,-setpcap", "it lacks CAP_SYS_ADMIN and CAP_SETPCAP"],
    ] as const) {
      const { output, ranIn, told } = await runIn(app, LOOK, WITHOUT(missing));
      expect(ranIn).toMatchObject({
        ...{ root: "core", network: "sidecar", uts: "sidecar", ipc: "sidecar", reason },
        remedy: expect.stringContaining(
          "cap_add: [SYS_PTRACE, SYS_CHROOT, SETUID, SETGID, SYS_ADMIN, SETPCAP]",
        ),
      });
      expect(told).toEqual(ranIn);
      expect(output.split("\n")[0]).toBe(hostname());
      expect(output).not.toContain("10.99.0.1");
    }
  });

  test("says that it has the app's where both share them, whatever the sidecar may", async () => {
    await using app = await startInOwnRoot("true");
    expect(await runIn(app, LOOK, WITHOUT("-sys_admin"))).toMatchObject({ ranIn: ALL_CORE });
    await using other = await startInOwnRoot("hostname of-the-app", undefined, ["--uts"]);
    expect(await runIn(other, LOOK, WITHOUT("-sys_admin"))).toMatchObject({
      ranIn: { ...ALL_CORE, uts: "sidecar" },
    });
  });

  test("of root never has what it took to enter them, nor what the app has not", async () => {
    const without = "-sys_admin,-setpcap,-net_admin,-sys_ptrace";
    await using app = await start(`exec setpriv --bounding-set=${without} --inh-caps=-all sleep 300`);
    await poll("it has less", async () => !(await capabilitiesOf(app.pid)).effective.includes("sys_admin"));
    const { output, ranIn } = await runIn(app, LOOK);
    expect(ranIn).toEqual(ALL_CORE);
    const theirs = await capabilitiesOf(app.pid);
    const [, effective = "0"] = /CapEff:\s(\S+)/.exec(output) ?? [];
    const [, bounding = "0"] = /CapBnd:\s(\S+)/.exec(output) ?? [];
    expect([namesOf(effective), namesOf(bounding)]).toEqual([theirs.effective, theirs.effective]);
    expect(theirs.effective).not.toContain("setpcap");
  });
});

/** Names of some of the capabilities of a set, as /proc shows it. */
function namesOf(hexadecimal: string): string[] {
  const numbers = { setpcap: 8n, net_admin: 12n, sys_chroot: 18n, sys_ptrace: 19n, sys_admin: 21n };
  const set = BigInt(`0x${hexadecimal}`);
  return Object.entries(numbers).flatMap(([name, number]) => (((set >> number) & 1n) === 1n ? [name] : []));
}

async function capabilitiesOf(pid: number) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return { effective: namesOf(/CapEff:\s(\S+)/.exec(status)?.[1] ?? "0") };
}

describe.skipIf(isMissing("namespaces"))("a command in the app's root", () => {
  const only =
    "printf '#!/bin/sh\\nid -u; id -g; id -G; pwd; cat /etc/app\\n' > run/check; chmod 755 run/check; echo mine > etc/app";

  test("sees the files of the app, and runs as its user, without capabilities", async () => {
    await using app = await startInOwnRoot(
      only,
      "exec setpriv --reuid=1234 --regid=1235 --groups=1236 sleep 300",
    );
    await poll("it has changed its user", async () =>
      /^Uid:\s1234/m.test(await readFile(`/proc/${app.pid}/status`, "utf8")),
    );
    const { core } = app;
    expect(await run(["/run/check"], { in: "core", core })).toMatchObject({
      exitCode: 0,
      output: "1234\n1235\n1235 1236\n/\nmine\n",
    });
    const { output } = await run(["grep", "CapEff", "/proc/self/status"], { in: "core", core });
    expect(output).toBe("CapEff:\t0000000000000000\n");
    const hanging = await run(script("trap '' TERM; while :; do sleep 300; done"), {
      ...{ in: "core", core, timeoutMs: 200 },
    });
    expect(hanging).toMatchObject({ timedOut: true, signal: "SIGKILL" });
  });

  test("that is no program there is a problem, also where the sidecar has one of that name", async () => {
    await using app = await startInOwnRoot("printf x > run/data");
    for (const program of ["/run/data", "/run/none", "/no-such-folder/x", process.execPath]) {
      await expect(run([program], { in: "core", core: app.core })).rejects.toMatchObject({
        code: "conflict",
        remedy: expect.stringContaining("as the app sees it"),
      });
    }
  });
});
