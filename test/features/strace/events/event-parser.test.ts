import { describe, expect, test } from "vitest";
import { createThreadGroups } from "../../../../src/features/strace/events/thread-groups.ts";
import { parse, parseCall, rawLines } from "./parse.ts";

const AT = "7     1763806812.204180";

describe("a call", () => {
  test("has its thread, its time, its arguments, its result and its duration", () => {
    const line = `${AT} pread64(3</etc/passwd>, "root:x"..., 0x20, 0) = 6 <0.000123>`;
    expect(parse([line], { withRaw: true, groups: createThreadGroups(() => 5) }).events).toEqual([
      {
        ...{ type: "call", time: 1763806812.20418, tid: 7, pid: 5, call: "pread64" },
        args: [
          {
            kind: "descriptor",
            fd: 3,
            target: { kind: "file", path: "/etc/passwd", isDeleted: false, device: null },
          },
          { kind: "string", value: "root:x", encoding: "utf-8", isTruncated: true },
          { kind: "number", value: 32, text: "0x20" },
          { kind: "number", value: 0 },
        ],
        ...{ result: 6, resultText: null, resultTarget: null, errno: null, decoded: null },
        ...{ durationNs: 123_000, marks: [], raw: [line] },
      },
    ]);
  });

  test.each([
    ["getpid()        = 7 <0.000012>", { call: "getpid", args: [], result: 7 }],
    ["exit_group(0)   = ?", { result: null, resultText: "?", durationNs: null, marks: [] }],
    [
      "close(-1) = -1 EBADF (Bad file descriptor) <0.1>",
      { result: -1, errno: { name: "EBADF", text: "Bad file descriptor" } },
    ],
    ["x(1) = -1 (errno 4095) <0.000001>", { result: -1, errno: { name: "4095", text: "errno 4095" } }],
    ["x(1) = ? <unavailable>", { result: null, decoded: "unavailable" }],
    ["x(1) = 0 (INJECTED) <0.000001>", { result: 0, decoded: "INJECTED" }],
    [
      "x(1) = -1 ENOSYS (Function not implemented) (INJECTED) <0.000001>",
      { errno: { name: "ENOSYS" }, decoded: "INJECTED" },
    ],
    [
      "poll([{fd=3}], 1, 9) = 0 (Timeout) <0.009000>",
      { result: 0, decoded: "Timeout", durationNs: 9_000_000 },
    ],
    [
      "poll([], 2, 9) = 1 ([{fd=3<a(b>, revents=POLLIN}]) <0.000001>",
      { result: 1, decoded: "[{fd=3<a(b>, revents=POLLIN}]" },
    ],
    ["brk(NULL) = 0x56124d29a000 <0.000056>", { result: 0x56124d29a000, resultText: "0x56124d29a000" }],
    ["x() = 0xffffffffff600000 <0.000001>", { result: null, resultText: "0xffffffffff600000" }],
    [
      "umask(022) = 0777 <0.000001>",
      { result: 511, resultText: "0777", args: [{ kind: "number", value: 18, text: "022" }] },
    ],
    ["x() = 1 <12.000000001>", { durationNs: 12_000_000_001 }],
    ['read(0, "", 4) = 0 <3>', { durationNs: 3_000_000_000 }],
  ])("%s", (text, expected) => {
    expect(parseCall(text)).toMatchObject(expected);
  });

  test("what the returned descriptor stands for is told, whatever its name looks like", () => {
    expect(
      parseCall(
        'openat(AT_FDCWD</a b>, "x", O_RDWR|O_CREAT, 0640) = 3</a b/x) = 7 \\74y>(deleted) <0.000001>',
      ),
    ).toMatchObject({
      args: [
        { kind: "descriptor", fd: null, target: { path: "/a b" } },
        { value: "x" },
        { kind: "symbols", names: ["O_RDWR", "O_CREAT"] },
        { kind: "number", value: 0o640, text: "0640" },
      ],
      ...{ result: 3, resultTarget: { kind: "file", path: "/a b/x) = 7 <y", isDeleted: true } },
      durationNs: 1_000,
    });
  });

  test.each([
    ["3</dev/null<char 1:3>>", { fd: 3, target: { kind: "file", path: "/dev/null", device: "char 1:3" } }],
    ["3</p (deleted)>", { target: { kind: "file", path: "/p", isDeleted: true } }],
    ["0</tmp/ends-with->", { fd: 0, target: { path: "/tmp/ends-with-" } }],
    [
      "3<TCP:[115977]>",
      { target: { kind: "socket", protocol: "TCP", inode: 115_977, local: null, peer: null } },
    ],
    [
      "3<TCPv6:[[::1]:80->[::1]:5000]>",
      { target: { protocol: "TCPv6", local: "[::1]:80", peer: "[::1]:5000" } },
    ],
    ["3<UDP:[0.0.0.0:68]>", { target: { protocol: "UDP", local: "0.0.0.0:68", peer: null } }],
    ['3<UNIX-STREAM:[9->8,"a>b<c]>, d"]>', { target: { inode: 9, peer: "8", local: "a>b<c]>, d" } }],
    ['3<UNIX-DGRAM:[9,@"so ck\\"et"]>', { target: { inode: 9, local: '@so ck"et' } }],
    ["3<NETLINK:[ROUTE:7]>", { target: { kind: "socket", protocol: "NETLINK", local: "ROUTE:7" } }],
    ["3<(null):[9->8]>", { target: { kind: "socket", protocol: null, inode: 9, peer: "8" } }],
    [
      "3<{eventfd-count=0x3, eventfd-id=20}>",
      { target: { kind: "other", text: "{eventfd-count=0x3, eventfd-id=20}" } },
    ],
    ["3<signalfd:[USR2]>", { target: { kind: "other", text: "signalfd:[USR2]" } }],
    ["3<pipe:[7]>", { target: { kind: "other", text: "pipe:[7]" } }],
  ])("the descriptor %s", (text, expected) => {
    const { args } = parseCall(`x(1, ${text}, 2) = 0 <0.000001>`);
    expect(args).toHaveLength(3);
    expect(args?.[1]).toMatchObject({ kind: "descriptor", ...expected });
  });

  test.each([
    ["NULL", { kind: "null" }],
    ["18364758544493064720", { kind: "number", value: null, text: "18364758544493064720" }],
    ["-9223372036854775808", { kind: "number", value: null }],
    ["0x7ffd1af672c0 /* 3 vars, ) odd */", { kind: "other" }],
    ["[110 => 2]", { kind: "array", text: "[110 => 2]" }],
    ["[1, 2, ...]", { kind: "array" }],
    ["{st_mode=S_IFREG|0755, ...}", { kind: "structure" }],
    ["{fd=3</a)b>, x=[{}, 1]} => {y=2}", { kind: "other" }],
    ["~[RTMIN RT_1]", { kind: "other", text: "~[RTMIN RT_1]" }],
    ["1<<20", { kind: "other", text: "1<<20" }],
    ["8192*1024", { kind: "other" }],
    ["htons(80)", { kind: "other", text: "htons(80)" }],
    ["flags=CLONE_VM|CLONE_FS", { kind: "named", name: "flags", value: { names: ["CLONE_VM", "CLONE_FS"] } }],
    ["S_IFREG|0644", { kind: "symbols", names: ["S_IFREG", "0644"] }],
    ["_IOC(_IOC_NONE, 0x12, 0x34, 0)", { kind: "other" }],
    ['"a, b) = 1"', { kind: "string", value: "a, b) = 1" }],
    ['"\\\\\\"\\n\\0\\1779\\x41\\303\\251"', { value: '\\"\n\u0000\u007f9Aé', encoding: "utf-8" }],
    ['"\\377\\376"', { value: "\u00ff\u00fe", encoding: "bytes" }],
    ['@"abstract"', { kind: "other" }],
  ])("the argument %s", (text, expected) => {
    const { args } = parseCall(`x(1, ${text}, 2) = 0 <0.000001>`);
    expect(args).toHaveLength(3);
    expect(args?.[1]).toMatchObject(expected);
  });
});

describe("the two halves of a call", () => {
  test("are one event with the time of the first and the duration of the second, wherever they were cut", () => {
    const lines = [
      `${AT} io_uring_setup(4, {flags=0 <unfinished ...>`,
      "8     1763806812.204181 read(3<pipe:[7]>,  <unfinished ...>",
      "7     1763806812.204190 <... io_uring_setup resumed>, sq_entries=4, cq={ring=9}}) = 7 <0.000010>",
      '8     1763806812.204191 <... read resumed>"x", 1) = 1 <0.000011>',
    ];
    const { events } = parse(lines, { withRaw: true });
    expect(events).toMatchObject([
      {
        ...{
          tid: 7,
          time: 1763806812.20418,
          call: "io_uring_setup",
          marks: ["resumed"],
          result: 7,
          durationNs: 10_000,
        },
        args: [{ value: 4 }, { kind: "structure", text: "{flags=0, sq_entries=4, cq={ring=9}}" }],
        raw: [lines[0], lines[2]],
      },
      { tid: 8, call: "read", args: [{ fd: 3 }, { value: "x" }, { value: 1 }], raw: [lines[1], lines[3]] },
    ]);
  });

  test("of a thread that was killed within have no result, and no more than what was there", () => {
    expect(
      parse([
        `${AT} recvmsg(3, {msg_name= <unfinished ...>`,
        `${AT} <... recvmsg resumed> <unfinished ...>) = ?`,
        `${AT} +++ killed by SIGSEGV (core dumped) +++`,
      ]).events,
    ).toMatchObject([
      {
        ...{ call: "recvmsg", result: null, resultText: "?", marks: ["resumed", "unfinished"] },
        args: [{ value: 3 }, { kind: "other", text: "{msg_name=" }],
      },
      { type: "killed", signal: "SIGSEGV", isCoreDumped: true },
    ]);
  });

  test("that are not both there are an event all the same", () => {
    const lines = [
      `${AT} <... poll resumed>, revents=POLLIN}, {fd=4<a)b>}], "x) = 9", 5) = 1 ([{fd=3}]) <0.000010>`,
      `${AT} read(0</dev/null>, {x=1, y=[ <unfinished ...>`,
      `${AT} <... write resumed>) = -1 EINTR (Interrupted system call) <0.000010>`,
    ];
    const { events, parser } = parse(lines, { withRaw: true });
    expect(events).toMatchObject([
      { call: "poll", args: null, result: 1, decoded: "[{fd=3}]", marks: ["resumed", "beginning-missing"] },
      {
        call: "write",
        args: null,
        errno: { name: "EINTR" },
        marks: ["resumed", "interrupted", "beginning-missing"],
      },
      {
        call: "read",
        args: [{ fd: 0 }, { kind: "other" }],
        result: null,
        resultText: null,
        marks: ["unfinished"],
      },
    ]);
    expect(rawLines(events).toSorted()).toEqual(lines.toSorted());
    expect(parser.counts).toMatchObject({ lines: 3, events: 3, unparsed: 0, pending: 0 });
  });

  test("of the main thread end where another thread takes its place, whose exec ends under its id", () => {
    expect(
      parse([
        "9     1763806812.204100 pause( <unfinished ...>",
        '11    1763806812.204180 execve("./x", ["./x"], 0x7f /* 3 vars */ <unfinished ...>',
        "9     1763806812.204185 +++ superseded by execve in pid 11 +++",
        "9     1763806812.204190 <... execve resumed>) = 0 <0.000010>",
      ]).events,
    ).toMatchObject([
      { call: "pause", tid: 9, marks: ["unfinished"] },
      { type: "superseded", tid: 9, byTid: 11 },
      { call: "execve", tid: 9, time: 1763806812.20418, result: 0, marks: ["resumed"], args: [{}, {}, {}] },
    ]);
  });

  test("are given up, the oldest first, where too many wait; nothing is lost, and memory is bounded", () => {
    const lines = Array.from(
      { length: 50 },
      (_, index) => `${index + 1} 1763806812.204180 read(0,  <unfinished ...>`,
    );
    const resumed = lines.map(
      (_, index) => `${index + 1} 1763806812.204190 <... read resumed>"", 1) = 0 <0.000001>`,
    );
    const { events, parser } = parse([...lines, ...resumed], {
      ...{ withRaw: true, limits: { maxHalves: 10, maxChars: 200 } },
    });
    expect(events.filter((event) => event.type === "call" && event.marks[0] === "unfinished").length).toBe(
      46,
    );
    expect(events.filter((event) => event.type === "call" && event.args?.length === 3)).toHaveLength(4);
    expect(rawLines(events).toSorted()).toEqual([...lines, ...resumed].toSorted());
    expect(parser.counts).toMatchObject({ unparsed: 0, pending: 0, pendingChars: 0 });
  });
});

describe("what is no usual call", () => {
  test("a wait that a signal ends, and what the kernel goes on with", () => {
    expect(
      parse([
        `${AT} poll([{fd=3, events=POLLIN}], 1, -1) = ? ERESTART_RESTARTBLOCK (Interrupted by signal) <0.000010>`,
        `${AT} --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, si_uid=0, si_status=3} ---`,
        `${AT} restart_syscall(<... resuming interrupted poll ...>) = 0 <0.000010>`,
        `${AT} --- stopped by SIGSTOP ---`,
        `${AT} restart_syscall(<... resuming interrupted read ...> <detached ...>`,
      ]).events,
    ).toMatchObject([
      { call: "poll", result: null, errno: { name: "ERESTART_RESTARTBLOCK" }, marks: ["interrupted"] },
      {
        type: "signal",
        signal: "SIGCHLD",
        code: "CLD_EXITED",
        senderPid: 12,
        info: expect.stringMatching(/^\{.*\}$/),
      },
      { call: "restart_syscall", args: [{ kind: "other" }], result: 0, marks: ["restarted"] },
      { type: "stop", signal: "SIGSTOP" },
      { call: "restart_syscall", result: null, resultText: null, marks: ["restarted", "detached"] },
    ]);
  });

  test("calls that were under way when strace let go", () => {
    expect(
      parse([
        `${AT} read(0</dev/null>, {a=[ <detached ...>`,
        `${AT} write(1, "x" <unfinished ...>`,
        `${AT} <... write resumed>, 1 <detached ...>`,
      ]).events,
    ).toMatchObject([
      { call: "read", args: [{ fd: 0 }, { kind: "other", text: "{a=[" }], marks: ["detached"] },
      { call: "write", args: [{ value: 1 }, { value: "x" }, { value: 1 }], marks: ["detached"] },
    ]);
  });

  test("ends, and the mode of a process, with and without thread and time", () => {
    expect(
      parse([
        `${AT} [ Process PID=7 runs in 32 bit mode. ]`,
        "[ Process PID=8 runs in x32 mode. ]",
        `${AT} +++ exited with 3 +++`,
      ]).events,
    ).toMatchObject([
      { type: "personality", tid: 7, time: 1763806812.20418, mode: "32 bit" },
      { type: "personality", tid: 8, time: null, mode: "x32" },
      { type: "exit", exitCode: 3 },
    ]);
  });

  test.each([
    "",
    "7",
    "strace: Process 7 attached",
    "7 1763806812.204180",
    "7 1763806812.20418 getpid() = 7 <0.000001>",
    `${AT} getpid( = 7 <0.000001>`,
    `${AT} getpid()`,
    `${AT} getpid() = seven <0.000001>`,
    `${AT} getpid() = 7 seven <0.000001>`,
    `${AT} open("x) = 3 <0.000001>`,
    `${AT} open([(]) = 3 <0.000001>`,
    `${AT} --- what is this ---`,
    `${AT} <... read`,
    `${AT} <... read resumed>`,
    `${AT} +++ exited +++`,
    `${AT} Not(a call`,
  ])("%j comes through as it is, and is counted", (line) => {
    const { events, parser } = parse([line], { withRaw: true });
    expect(events).toEqual([{ type: "unparsed", text: line, raw: [line] }]);
    expect(parser.counts).toMatchObject({ lines: 1, events: 1, unparsed: 1 });
  });
});
