import { expect, test } from "vitest";
import { targetsOf } from "../../../../src/features/strace/events/change-targets.ts";
import type { TraceEvent } from "../../../../src/features/strace/events/event.ts";
import { EventParser } from "../../../../src/features/strace/events/event-parser.ts";
import { createThreadGroups } from "../../../../src/features/strace/events/thread-groups.ts";
import { EventResolver } from "../../../../src/features/strace/sockets/event-resolver.ts";

/** Numbers that no socket of this machine has: what is told of them comes from the calls alone. */
const FIRST_INODE = 4_000_000_000;

async function resolve(lines: readonly string[]) {
  const events: TraceEvent[] = [];
  const resolver = new EventResolver(process.pid, (event) => events.push(event));
  const parser = new EventParser({ groups: createThreadGroups() }, (event) => resolver.push(event, 100));
  for (const [index, line] of lines.entries()) {
    parser.push(`7     1795904517.${String(index).padStart(6, "0")} ${line} <0.000010>`);
  }
  const soon = events.length;
  parser.finish();
  await resolver.finish();
  return { events, soon, warnings: resolver.warnings() };
}

/** What each call says of its sockets. */
function sayings(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) =>
    event.type !== "call"
      ? []
      : targetsOf(event).map((target) =>
          target.kind === "socket"
            ? `${event.call} ${target.protocol} ${target.local} ${target.peer}`
            : event.call,
        ),
  );
}

const at = (inode: number) => `socket:[${FIRST_INODE + inode}]`;
const v4 = (address: string, port: number) =>
  `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("${address}")}`;
const v6 = (address: string, port: number) =>
  `{sa_family=AF_INET6, sin6_port=htons(${port}), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "${address}", &sin6_addr), sin6_scope_id=0}`;

test("a server's calls tell of its sockets what they are, and when", async () => {
  const { events } = await resolve([
    `socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3<${at(1)}>`,
    `bind(3<${at(1)}>, ${v6("::1", 80)}, 28) = 0`,
    `listen(3<${at(1)}>, 511) = 0`,
    `accept4(3<${at(1)}>, ${v6("::1", 5000)}, [112 => 28], SOCK_NONBLOCK) = 5<${at(2)}>`,
    `read(5<${at(2)}>, "x", 1) = 1`,
    `getpeername(5<${at(2)}>, ${v6("::1", 5000)}, [28]) = 0`,
    `close(5<${at(2)}>) = 0`,
  ]);
  expect(sayings(events)).toEqual([
    "socket TCPv6 null null",
    "bind TCPv6 [::1]:80 null",
    "listen TCPv6 [::1]:80 null",
    "accept4 TCPv6 [::1]:80 null",
    ...["accept4", "read", "getpeername", "close"].map((call) => `${call} TCPv6 [::1]:80 [::1]:5000`),
  ]);
});

test("getpeername changes nothing: what it tells is true of the calls before it too, and a look that was begun before it counts", async () => {
  const { events } = await resolve([
    `accept4(3<${at(1)}>, NULL, NULL, SOCK_CLOEXEC) = 5<${at(2)}>`,
    `read(5<TCP:[${FIRST_INODE + 2}]>, "x", 1) = 1`,
    `getpeername(5<TCP:[${FIRST_INODE + 2}]>, ${v4("10.0.0.7", 5000)}, [16]) = 0`,
  ]);
  expect(sayings(events).slice(1)).toEqual([
    "accept4 TCP null 10.0.0.7:5000",
    "read TCP null 10.0.0.7:5000",
    "getpeername TCP null 10.0.0.7:5000",
  ]);
});

test("what listens on all addresses says nothing of those it accepts, but who they are", async () => {
  const { events, warnings } = await resolve([
    `socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<${at(1)}>`,
    `bind(3<${at(1)}>, ${v4("0.0.0.0", 80)}, 16) = 0`,
    `listen(3<${at(1)}>, 511) = 0`,
    `accept(3<${at(1)}>, ${v4("10.0.0.7", 5000)}, [16]) = 5<${at(2)}>`,
    `read(5<${at(2)}>, "x", 1) = 1`,
    `getsockname(5<${at(2)}>, ${v4("10.0.0.2", 80)}, [16]) = 0`,
    `write(5<${at(2)}>, "y", 1) = 1`,
  ]);
  expect(sayings(events).slice(2)).toEqual([
    "listen TCP 0.0.0.0:80 null",
    "accept TCP 0.0.0.0:80 null",
    ...["accept", "read", "getsockname", "write"].map((call) => `${call} TCP 10.0.0.2:80 10.0.0.7:5000`),
  ]);
  expect(warnings).toEqual([]);
});

test("an inode that is used again is another socket", async () => {
  const round = (port: number) => [
    `socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) = 3<${at(1)}>`,
    `connect(3<${at(1)}>, ${v4("10.0.0.9", port)}, 16) = 0`,
    `getsockname(3<${at(1)}>, ${v4("10.0.0.2", 4_000 + port)}, [16]) = 0`,
    `close(3<${at(1)}>) = 0`,
  ];
  const { events } = await resolve([...round(53), ...round(54)]);
  expect(sayings(events)).toEqual([
    "socket UDP null null",
    ...["connect", "getsockname", "close"].map((call) => `${call} UDP 10.0.0.2:4053 10.0.0.9:53`),
    "socket UDP null null",
    ...["connect", "getsockname", "close"].map((call) => `${call} UDP 10.0.0.2:4054 10.0.0.9:54`),
  ]);
});

test("a connection that is refused has no other end, and one that is under way has", async () => {
  const { events } = await resolve([
    `socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<${at(1)}>`,
    `connect(3<${at(1)}>, ${v4("10.0.0.9", 81)}, 16) = -1 ECONNREFUSED (Connection refused)`,
    `connect(3<${at(1)}>, ${v4("10.0.0.9", 82)}, 16) = -1 EINPROGRESS (Operation now in progress)`,
    `socket(AF_UNIX, SOCK_STREAM, 0) = 4<${at(2)}>`,
    `connect(4<${at(2)}>, {sa_family=AF_UNIX, sun_path="/run/a b\\"\\303\\244"}, 110) = 0`,
    `socket(AF_UNIX, SOCK_DGRAM, 0) = 5<${at(3)}>`,
    `bind(5<${at(3)}>, {sa_family=AF_UNIX, sun_path=@"hidden"}, 9) = 0`,
  ]);
  expect(sayings(events)).toEqual([
    "socket TCP null null",
    "connect TCP null null",
    "connect TCP null 10.0.0.9:82",
    "socket UNIX-STREAM null null",
    'connect UNIX-STREAM null /run/a b"ä',
    "socket UNIX-DGRAM null null",
    "bind UNIX-DGRAM @hidden null",
  ]);
});

test("what could not be told keeps its inode, and is counted once", async () => {
  const { events, warnings } = await resolve([
    `read(5<${at(1)}>, "x", 1) = 1`,
    `read(5<${at(1)}>, "x", 1) = 1`,
    `read(6<TCP:[${FIRST_INODE + 2}]>, "x", 1) = 1`,
    `read(7<TCP:[10.0.0.1:1->10.0.0.2:2]>, "x", 1) = 1`,
  ]);
  expect(events).toMatchObject([
    ...[1, 1].map((inode) => ({
      args: [{ target: { protocol: null, inode: FIRST_INODE + inode, local: null } }, {}, {}],
    })),
    { args: [{ target: { protocol: "TCP", inode: FIRST_INODE + 2, local: null, peer: null } }, {}, {}] },
    { args: [{ target: { protocol: "TCP", inode: null, local: "10.0.0.1:1", peer: "10.0.0.2:2" } }, {}, {}] },
  ]);
  expect(warnings).toEqual([expect.stringMatching(/^Sockets that lack an address in events: 2\./)]);
});

test("events stay in their order, and those that come before the first unknown socket wait for nothing", async () => {
  const lines = Array.from({ length: 500 }, (_, index) =>
    index > 100 && index % 7 === 0 ? `read(5<${at(index)}>, "x", 1) = 1` : `getpid() = ${index}`,
  );
  const { events, soon } = await resolve(lines);
  expect(soon).toBe(105);
  expect(events.map((event) => (event.type === "call" ? Math.round((event.time % 1) * 1e6) : -1))).toEqual(
    lines.map((_, index) => index),
  );
});

test("no more than some thousand events wait: then they are handed on as they are, in their order, and counted", async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `read(5<${at(index)}>, "x", 1) = 1`);
  const { events, soon, warnings } = await resolve(lines);
  expect(lines.length - soon).toBeLessThanOrEqual(16_384);
  expect(events.map((event) => (event.type === "call" ? Math.round((event.time % 1) * 1e6) : -1))).toEqual(
    lines.map((_, index) => index),
  );
  expect(warnings).toContainEqual(expect.stringMatching(new RegExp(`at once .*: ${soon}\\.$`)));
});

test("calls that are the same share what is told of their sockets, until that is another", async () => {
  const send = `sendto(3<${at(1)}>, "x", 1, 0, NULL, 0) = 1`;
  const { events } = await resolve([
    `socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3<${at(1)}>`,
    `connect(3<${at(1)}>, ${v4("127.0.0.1", 53)}, 16) = 0`,
    ...[send, send, send],
    `connect(3<${at(1)}>, ${v4("127.0.0.1", 54)}, 16) = 0`,
    ...[send, send, send],
  ]);
  expect(sayings(events).slice(1)).toEqual(
    [53, 53, 53, 53, 54, 54, 54, 54].map((port, index) =>
      [index % 4 === 0 ? "connect" : "sendto", "UDP", "null", `127.0.0.1:${port}`].join(" "),
    ),
  );
  const args = events.map((event) => (event.type === "call" ? event.args : undefined));
  const [, , , second, third, , fourth, fifth, sixth] = args;
  expect([third === second, fourth === second, fifth === fourth, sixth === fourth]).toEqual([
    ...[true, false, true, true],
  ]);
});
