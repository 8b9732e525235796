import { expect, test } from "vitest";
import { createDurationFilter } from "../../../src/features/strace/duration-filter.ts";

const at = (tid: number, text: string) => `${tid}    1763806812.204180 ${text}`;

/** What is left of the lines, with 1 ms as the least; and the threads that have ended. */
function filtered(lines: readonly string[]): { left: string[]; ended: number[] } {
  const ended: number[] = [];
  const filter = createDurationFilter(1_000_000, (tid) => ended.push(tid));
  return { left: lines.flatMap((line) => filter.push(line)), ended };
}

test("the lines of long calls are left, both halves of one that others came between", () => {
  const long = at(6, 'read(3, "x", 1) = 1 <0.001000>');
  const begun = at(7, "futex(0x7f00, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>");
  const short = at(6, "getpid()        = 6 <0.000010>");
  const ended = at(7, "<... futex resumed>)    = 0 <0.200000>");
  expect(filtered([long, begun, short, ended]).left).toEqual([long, begun, ended]);
});

test("what a thread waited in when strace let go is left whole, however strace writes it", () => {
  const begun = at(7, "futex(0x7f00, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>");
  const given = at(7, "<... futex resumed> <detached ...>");
  const whole = at(6, "restart_syscall(<... resuming interrupted read ...> <detached ...>");
  expect(filtered([begun, given, whole]).left).toEqual([begun, given, whole]);
});

test("threads that end are told, whose lines are not left", () => {
  expect(
    filtered([at(6, "exit(0) = ?"), at(6, "+++ exited with 0 +++"), at(7, "+++ killed by SIGKILL +++")]),
  ).toEqual({ left: [], ended: [6, 7] });
});
