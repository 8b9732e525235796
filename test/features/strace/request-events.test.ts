import { expect, test } from "vitest";
import type { TraceEvent } from "../../../src/features/strace/events/event.ts";
import { type RequestConnection, selectRequestCalls } from "../../../src/features/strace/request-events.ts";
import { parse } from "./events/parse.ts";

const SERVER = "10.0.0.2:80";
const CLIENT = "10.0.0.9:5000";
const OURS = { local: SERVER, peer: CLIENT };
const LISTENER = `6<TCP:[${SERVER}]>`;
const IT = `9<TCP:[${SERVER}->${CLIENT}]>`;
const OTHER = `11<TCP:[${SERVER}->10.0.0.9:6000]>`;
const DATABASE = `12<TCP:[10.0.0.2:4000->10.0.0.3:5432]>`;
const START_SECONDS = 1_795_904_517;

/** The events of calls, each `[milliseconds, thread, call]`, of 0.1 ms each. */
function eventsOf(calls: readonly (readonly [number, number, string])[]): TraceEvent[] {
  const lines = calls.map(
    ([ms, tid, call]) => `${tid} ${(START_SECONDS + ms / 1_000).toFixed(6)} ${call} <0.000100>`,
  );
  return parse(lines).events;
}

/** What is selected, as `thread call: mark`. */
function selected(
  calls: readonly (readonly [number, number, string])[],
  [fromMs, toMs]: readonly [number, number],
  connection: RequestConnection = OURS,
): string[] {
  const window = { startMs: START_SECONDS * 1_000 + fromMs, endMs: START_SECONDS * 1_000 + toMs };
  return selectRequestCalls(eventsOf(calls), connection, window).map(
    ({ tid, call, touches }) => `${tid} ${call}: ${touches}`,
  );
}

const REQUEST = [
  [1, 7, 'write(5</var/log/x>, "before", 6) = 6'],
  [10, 7, `accept4(${LISTENER}, NULL, NULL, SOCK_NONBLOCK) = ${IT}`],
  [11, 7, `recvfrom(${IT}, 0x5, 1024, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)`],
  [12, 7, "epoll_wait(8<anon_inode:[eventpoll]>, [], 512, 0) = 1"],
  [13, 7, `recvfrom(${IT}, "GET", 1024, 0, NULL, NULL) = 3`],
  [14, 7, 'openat(AT_FDCWD</>, "/srv/page", O_RDONLY) = 10</srv/page>'],
  [15, 7, `recvfrom(${OTHER}, "GET", 1024, 0, NULL, NULL) = 3`],
  [15.5, 7, `accept4(${LISTENER}, NULL, NULL, SOCK_NONBLOCK) = 13<TCP:[${SERVER}->10.0.0.9:7000]>`],
  [16, 7, `sendto(${DATABASE}, "select", 6, 0, NULL, 0) = 6`],
  [16, 8, 'openat(AT_FDCWD</>, "/srv/other", O_RDONLY) = 11</srv/other>'],
  [17, 7, `sendfile(${IT}, 10</srv/page>, [0] => [5], 5) = 5`],
  [18, 7, 'write(5</var/log/x>, "after", 5) = 5'],
  [19, 7, `close(${IT}) = 0`],
  [90, 7, `recvfrom(${IT}, "", 1024, 0, NULL, NULL) = 0`],
] as const;

test("the calls of a request are those on its connection, and those of its thread from the read to the answer", () => {
  expect(selected(REQUEST, [9, 20])).toEqual([
    "7 accept4: connection",
    "7 recvfrom: connection",
    "7 recvfrom: connection",
    "7 openat: same-thread",
    "7 sendto: same-thread",
    "7 sendfile: connection",
    "7 close: connection",
  ]);
});

test("a window takes one request of many on a connection, with a millisecond to spare", () => {
  const calls = [0, 100].flatMap((at) => REQUEST.map(([ms, tid, call]) => [ms + at, tid, call] as const));
  expect(selected(calls, [109, 118])).toEqual(selected(REQUEST, [9, 18]));
  expect(selected(REQUEST, [13.05, 16.2]).filter((each) => each.endsWith("connection"))).toEqual([
    "7 recvfrom: connection",
    "7 sendfile: connection",
  ]);
});

test("requests that follow each other within the rounding of a clock are kept apart", () => {
  const calls = [
    [9.95, 7, `write(${IT}, "before", 6) = 6`],
    [10.1, 7, `setsockopt(${IT}, SOL_TCP, TCP_CORK, [0], 4) = 0`],
    [10.3, 7, `read(${IT}, "GET", 3) = 3`],
    [10.5, 7, 'openat(AT_FDCWD</>, "/page", O_RDONLY) = 10</page>'],
    [11, 7, `write(${IT}, "answer", 6) = 6`],
    [11.4, 7, `read(${IT}, "GET", 3) = 3`],
    [11.6, 7, 'openat(AT_FDCWD</>, "/next", O_RDONLY) = 10</next>'],
    [11.8, 7, `write(${IT}, "next", 4) = 4`],
  ] as const;
  expect(selected(calls, [10, 11])).toEqual([
    ...["7 setsockopt: connection", "7 read: connection", "7 openat: same-thread", "7 write: connection"],
  ]);
});

test("a read that waited since the last request is of this one, what its thread did before is not", () => {
  const calls = [
    [1, 7, 'openat(AT_FDCWD</>, "/early", O_RDONLY) = 10</early>'],
    [5, 7, 'write(5</var/log/x>, "early", 5) = 5'],
    [9, 7, `write(${IT}, "y", 1) = 1`],
  ] as const;
  const waiting = `7 ${START_SECONDS}.000500 read(${IT}, "x", 1) = 1 <0.007000>`;
  const events = [...parse([waiting]).events, ...eventsOf(calls)];
  const window = { startMs: START_SECONDS * 1_000 + 7, endMs: START_SECONDS * 1_000 + 10 };
  const found = selectRequestCalls(events, OURS, window);
  expect(found.map(({ call, touches }) => [call, touches])).toEqual([
    ["read", "connection"],
    ["write", "connection"],
  ]);
});

test.each([
  [{ local: "[::ffff:10.0.0.2]:80", peer: "[::ffff:10.0.0.9]:5000" }],
  [{ local: null, peer: CLIENT }],
  [{ local: SERVER, peer: "[::FFFF:a00:9]:5000" }],
])("the connection is found however it is written: %j", (connection) => {
  expect(selected(REQUEST, [9, 20], connection)).toEqual(selected(REQUEST, [9, 20]));
});

test("a core that takes IPv4 on a socket of IPv6 is understood, and one of another address is not taken for it", () => {
  const mapped = REQUEST.map(
    ([ms, tid, call]) =>
      [
        ms,
        tid,
        call.replaceAll(/TCP:\[([\d.]+):(\d+)(?:->([\d.]+):(\d+))?\]/g, (_, a, b, c, d) =>
          c === undefined ? `TCPv6:[[::ffff:${a}]:${b}]` : `TCPv6:[[::ffff:${a}]:${b}->[::ffff:${c}]:${d}]`,
        ),
      ] as const,
  );
  expect(selected(mapped, [9, 20])).toEqual(selected(REQUEST, [9, 20]));
  expect(selected(REQUEST, [9, 20], { local: SERVER, peer: "10.0.0.9:5001" })).toEqual([]);
  expect(selected(REQUEST, [9, 20], { local: "10.0.0.3:80", peer: CLIENT })).toEqual([]);
});

test("a request that goes from one thread to another has the calls of both, each from where it touched it", () => {
  const calls = [
    [1, 8, 'openat(AT_FDCWD</>, "/not yet", O_RDONLY) = 10</x>'],
    [2, 7, `read(${IT}, "x", 1) = 1`],
    [3, 7, "futex(0x5, FUTEX_WAKE, 1) = 1"],
    [4, 8, 'openat(AT_FDCWD</>, "/not yet", O_RDONLY) = 10</x>'],
    [5, 8, `getsockname(${IT}, {}, [16]) = 0`],
    [6, 8, 'openat(AT_FDCWD</>, "/page", O_RDONLY) = 10</page>'],
    [7, 8, `write(${IT}, "y", 1) = 1`],
    [8, 8, "close(10</page>) = 0"],
  ] as const;
  expect(selected(calls, [0, 10])).toEqual([
    ...["7 read: connection", "7 futex: same-thread", "8 getsockname: connection"],
    ...["8 openat: same-thread", "8 write: connection"],
  ]);
});

test("without a read of the request, or a write of its answer, only the connection's own calls are told", () => {
  const unread = REQUEST.filter(([, , call]) => !call.includes("GET"));
  expect(selected(unread, [9, 20]).filter((each) => each.endsWith("same-thread"))).toEqual([]);
  const unanswered = REQUEST.filter(([, , call]) => !call.startsWith("sendfile"));
  expect(selected(unanswered, [9, 20]).filter((each) => each.endsWith("same-thread"))).toEqual([]);
  expect(selected([], [9, 20])).toEqual([]);
});
