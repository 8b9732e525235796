import { constants } from "node:os";
import { expect, test } from "vitest";
import { kernelErrorOf } from "../../../src/linux/tracefs/errno.ts";
import { syscallOf, syscallsOf } from "../../../src/linux/tracefs/syscalls.ts";

test("errors have the names that the C library has for their numbers", () => {
  const named = Object.entries(constants.errno).map(([name, number]) => [kernelErrorOf(-number)?.name, name]);
  // Two names of one number.
  const same = new Map([
    ["EWOULDBLOCK", "EAGAIN"],
    ["ENOTSUP", "EOPNOTSUPP"],
  ]);
  for (const [ours, theirs = ""] of named) expect(ours).toBe(same.get(theirs) ?? theirs);
  expect(kernelErrorOf(-133)).toMatchObject({ name: "EHWPOISON" });
});

test("results that are no errors are none, and those of the kernel alone are marked", () => {
  for (const result of [0, 1, -4_096, -1e15, Number.NaN]) expect(kernelErrorOf(result)).toBeUndefined();
  expect(kernelErrorOf(-4_095)).toEqual({ name: "4095", text: "errno 4095", isWithinKernel: false });
  expect(kernelErrorOf(-512)).toMatchObject({ name: "ERESTARTSYS", isWithinKernel: true });
});

test.each([
  [
    "x64",
    { 0: "read", 59: "execve", 257: "openat", 334: "rseq", 435: "clone3", 462: "mseal", 469: "file_setattr" },
  ],
  [
    "arm64",
    { 56: "openat", 63: "read", 79: "newfstatat", 221: "execve", 435: "clone3", 469: "file_setattr" },
  ],
  ["ia32", { 3: "read", 5: "open", 102: "socketcall", 295: "openat", 422: "futex_time64", 435: "clone3" }],
] as const)("numbers of %s have their names", (abi, numbers) => {
  for (const [number, name] of Object.entries(numbers))
    expect(syscallOf(abi, Number(number)).name).toBe(name);
  const names = [...syscallsOf(abi).values()].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("arguments are known by the call's signature, and an unknown call is called as strace does", () => {
  expect(syscallOf("x64", 257)).toEqual({
    ...{ name: "openat", args: ["descriptor", "path", "bits32", "permissions"], result: "descriptor" },
  });
  expect(syscallOf("x64", 9)).toMatchObject({ name: "mmap", result: "address" });
  expect(syscallOf("ia32", 90)).toMatchObject({ name: "mmap", args: null });
  expect(syscallOf("ia32", 422).args).toEqual(syscallOf("x64", 202).args);
  expect(syscallOf("x64", 9_999)).toEqual({ name: "syscall_0x270f", args: null, result: null });
});
