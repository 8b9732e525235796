import { describe, expect, test } from "vitest";
import { EventParser } from "../../../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../../../src/features/strace/events/thread-groups.ts";
import { recordedTraces } from "../../../support/recorded-traces.ts";
import { parse } from "./parse.ts";

const FORK = "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD";
const THREAD = "clone3({flags=CLONE_VM|CLONE_THREAD|CLONE_SETTLS, exit_signal=0, stack=0x7f0000000000}";

/** The process of each event, where /proc knows of nobody but the threads given: all others have ended already. */
function processesOf(
  lines: readonly string[],
  known: Iterable<readonly [number, number]>,
): (number | null)[] {
  const timed = lines.map((line) => line.replace(" ", " 1763806812.204180 "));
  const { events } = parse(timed, { groups: createThreadGroups(undefined, known) });
  return events.map((event) => {
    if (event.type === "unparsed") throw new Error(`unparsed: ${event.text}`);
    return event.pid;
  });
}

/** Those that were traced from their first call on: what is not of the first thread was made by it, or below it. */
const fromTheStart = recordedTraces().filter(({ name }) => name !== "attached" && name !== "nginx");

test.each(fromTheStart)(
  "each thread of strace $version on $name has its process, though all have ended",
  ({ lines }) => {
    const main = Number.parseInt(lines[0] ?? "", 10);
    const { events } = parse(lines, { groups: createThreadGroups(undefined, [[main, main]]) });
    const processes = Map.groupBy(
      events.flatMap((event) => (event.type === "unparsed" ? [] : [event])),
      ({ tid }) => tid,
    );
    for (const ofThread of processes.values()) expect(new Set(ofThread.map(({ pid }) => pid)).size).toBe(1);
    const groups = [...processes.values()].map(([first]) => first?.pid);
    expect(groups).not.toContain(null);
    const made = events.flatMap((event) =>
      event.type === "call" && /^(?:clone3?|v?fork)$/.test(event.call) && (event.result ?? 0) > 0
        ? [[event.result, JSON.stringify(event.args).includes("CLONE_THREAD") ? event.pid : event.result]]
        : [],
    );
    for (const [child, group] of made) {
      const first = child == null ? undefined : processes.get(child)?.[0];
      if (first !== undefined) expect(first.pid).toBe(group);
    }
  },
);

describe("who has ended by its first line", () => {
  test("is a process of its own where a fork is under way", () => {
    const lines = [`7 ${FORK} <unfinished ...>`, "8 exit_group(3) = ?", "8 +++ exited with 3 +++"];
    expect(processesOf(lines, [[7, 7]])).toEqual([8, 8, 7]);
    expect(processesOf(["7 vfork( <unfinished ...>", "8 +++ exited with 0 +++"], [[7, 7]])).toEqual([8, 7]);
  });

  test("is of the process that makes a thread", () => {
    const lines = [`6 ${THREAD} <unfinished ...>`, "8 +++ exited with 0 +++", "6 <... clone3 resumed>) = 8"];
    expect(processesOf(lines, [[6, 5]])).toEqual([5, 5]);
  });

  test("is of no process that could be told where it may be of several, or nobody makes any", () => {
    const begun = [`6 ${THREAD} <unfinished ...>`, `7 ${FORK} <unfinished ...>`];
    const known: [number, number][] = [
      [6, 5],
      [7, 7],
    ];
    const ended = ["8 +++ exited with 0 +++"];
    expect(processesOf([...begun, ...ended], known)).toEqual([null, 5, 7]);
    expect(processesOf([...begun, "7 <... clone resumed>) = 9", ...ended], known)).toEqual([7, 5, 5]);
    expect(processesOf([...begun, "6 +++ exited with 0 +++", ...ended], known)).toEqual([5, 5, 8, 7]);
    expect(
      processesOf([`7 ${FORK}) = -1 EAGAIN (Resource temporarily unavailable)`, ...ended], known),
    ).toEqual([7, null]);
  });

  test("does not hand its process on to the thread that is given its id", () => {
    const lines = [
      ...[`7 ${FORK} <unfinished ...>`, "8 +++ exited with 0 +++", "7 <... clone resumed>) = 8"],
      ...[`6 ${THREAD} <unfinished ...>`, "8 getpid() = 5", "6 <... clone3 resumed>) = 8", "8 getpid() = 5"],
    ];
    const known: [number, number][] = [
      [6, 5],
      [7, 7],
    ];
    expect(processesOf(lines, known)).toEqual([8, 7, 5, 5, 5]);
  });
});

test("a thread that lived when the trace began is known, until it ends", () => {
  const lines = ["6 getpid() = 5", "6 +++ exited with 0 +++", "6 getpid() = 6"];
  expect(processesOf(lines, [[6, 5]])).toEqual([5, 5, null]);
});

describe("what is not known is not told", () => {
  const known: [number, number][] = [
    [5, 5],
    [6, 5],
    [7, 7],
  ];

  test("of a call whose end was not seen, once its thread does something else", () => {
    const lines = [`7 ${FORK} <unfinished ...>`, "7 getpid() = 7", "8 +++ exited with 0 +++"];
    expect(processesOf(lines, known)).toEqual([7, null, 7]);
  });

  test("of a new thread, where the half is missing that says what is made", () => {
    expect(processesOf(["6 <... clone3 resumed>, 88) = 8", "8 +++ exited with 0 +++"], known)).toEqual([
      5,
      null,
    ]);
    expect(processesOf(["7 <... vfork resumed>) = 8", "8 +++ exited with 0 +++"], known)).toEqual([7, 8]);
  });

  test("of anything that was under way when lines were passed over; its half is given up", () => {
    const events: (number | null)[] = [];
    const parser = new EventParser({ groups: createThreadGroups(undefined, known) }, (event) => {
      if (event.type !== "unparsed") events.push(event.pid);
    });
    parser.push(`7     1763806812.204180 ${FORK} <unfinished ...>`);
    parser.passOver();
    expect([events, parser.counts.pending]).toEqual([[7], 0]);
    parser.push("8     1763806812.204190 +++ exited with 0 +++");
    expect(events).toEqual([7, null]);
  });

  test("of the thread whose exec took another's place: its number is free", () => {
    const lines = [
      'execve("/bin/true", ["true"], 0x7ffd /* 1 var */ <unfinished ...>',
      "+++ superseded by execve in pid 6 +++",
      "<... execve resumed>) = 0",
    ];
    const [execve = "", superseded = "", resumed = ""] = lines;
    const events = processesOf(
      [`6 ${execve}`, `5 ${superseded}`, `5 ${resumed}`, `7 ${FORK}) = 6`, "6 getpid() = 6"],
      known,
    );
    expect(events).toEqual([5, 5, 7, 6]);
  });
});
