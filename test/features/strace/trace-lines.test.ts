import { expect, test } from "vitest";
import { attachComplaints } from "../../../src/features/strace/attach.ts";
import { straceCommand } from "../../../src/features/strace/command.ts";
import { createLineSplitter, kindOfLine, pendingCall } from "../../../src/features/strace/trace-lines.ts";

const AT = "19813 1795346434.508819 ";

test.each([
  `${AT}read(3<pipe:[34814]>,  <unfinished ...>`,
  `${AT}<... read resumed>"x", 1) = 1 <0.000100>`,
  `${AT}restart_syscall(<... resuming interrupted read ...>) = 0 <0.1>`,
  `${AT}write(1</dev/pts/0>, "a <detached ...>", 16) = 16 <0.000010>`,
  `${AT}write(1, "[ Process PID=1 runs in 32 bit mode. ]"..., 60) = 60 <0.000010>`,
  `${AT}--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7, si_uid=0, si_status=0} ---`,
  `${AT}--- stopped by SIGSTOP ---`,
  `${AT}+++ exited with 0 +++`,
])("%s is a line of the process", (line) => {
  expect(kindOfLine(line)).toBe("data");
});

test("what strace was interrupted in at the end is pending, not data", () => {
  for (const call of [`${AT}read(0, `, `${AT}restart_syscall(<... resuming interrupted read ...>`]) {
    expect(kindOfLine(`${call} <detached ...>`)).toBe("pending");
    expect(pendingCall(`${call} <detached ...>`)).toBe(call);
  }
});

test("a remark of strace about the process is a banner, not data", () => {
  expect(kindOfLine(`${AT}[ Process PID=19813 runs in 32 bit mode. ]`)).toBe("banner");
  expect(kindOfLine("[ Process PID=19813 runs in x32 mode. ]")).toBe("banner");
});

test("lines are whole however the pieces are cut", () => {
  const text = "one\ntwo\n\nfour\nrest";
  for (let size = 1; size <= text.length; size++) {
    const splitter = createLineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < text.length; at += size)
      lines.push(...splitter.split(Buffer.from(text.slice(at, at + size))));
    expect([lines, splitter.rest()]).toEqual([["one", "two", "", "four"], "rest"]);
  }
});

test("where only one thread is traced, its id is put before the lines, as strace does it for several", () => {
  const splitter = createLineSplitter(73);
  const time = "1795346434.508819";
  const text = `${time} getpid() = 73 <0.000007>\n[ Process PID=73 runs in x32 mode. ]\n${time} read(0, `;
  expect(splitter.split(Buffer.from(text))).toEqual([
    `73    ${time} getpid() = 73 <0.000007>`,
    "[ Process PID=73 runs in x32 mode. ]",
  ]);
  expect(splitter.rest()).toBe(`73    ${time} read(0, `);
});

test("strace is started so that the kernel ends it when the sidecar dies, or when it writes or runs too long", () => {
  const options = {
    pids: [7, 9],
    stringLimit: 64,
    decode: "all",
    syscalls: [],
    isErrorsOnly: false,
    follow: true,
    paths: [],
    output: "/proc/5/fd/3",
    maxFileBytes: 1_000,
    maxCpuSeconds: 15,
  } as const;
  expect(straceCommand(options).join(" ")).toBe(
    "setpriv --pdeathsig KILL prlimit --core=0 --fsize=1000 --cpu=15 strace -f -ttt -T -yy -s 64 --quiet=attach -A -o /proc/5/fd/3 -p 7 -p 9",
  );
  expect(straceCommand({ ...options, decode: "paths" }).join(" ")).toContain(" -T -y -s ");
  expect(straceCommand({ ...options, decode: "none" }).join(" ")).toContain(" -T -s ");
  const chosen = straceCommand({ ...options, syscalls: ["%network", "openat"], isErrorsOnly: true });
  expect(chosen.join(" ")).toContain(" --quiet=attach -e trace=%network,openat -e status=failed -A ");
  const narrow = straceCommand({ ...options, follow: false, paths: ["/a", "/b c"] });
  expect(narrow).not.toContain("-f");
  expect(narrow.slice(narrow.indexOf("-P"), narrow.indexOf("-A"))).toEqual(["-P", "/a", "-P", "/b c"]);
});

test("complaints of strace are told apart by the process they are about", () => {
  const stderr = `strace: attach: ptrace(PTRACE_SEIZE, 12): Operation not permitted
strace: Could not attach to process. If your uid matches the uid of the target process…
strace: attach: ptrace(PTRACE_SEIZE, 13): No such process
strace: Process 14 detached
`;
  expect([...attachComplaints(stderr)]).toEqual([
    [12, "Operation not permitted"],
    [13, "No such process"],
  ]);
});

test("where a piece is missing, the lines that it tears are left out, and no other", () => {
  const splitter = createLineSplitter();
  expect(splitter.split(Buffer.from("one\ntw"))).toEqual(["one"]);
  splitter.tear();
  expect(splitter.split(Buffer.from("e"))).toEqual([]);
  expect(splitter.split(Buffer.from("nd\nfour\nfi"))).toEqual(["four"]);
  expect(splitter.split(Buffer.from("ve\n"))).toEqual(["five"]);
  splitter.tear();
  expect(splitter.rest()).toBe("");
});
