import { rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Target } from "../../../../src/features/strace/events/argument.ts";
import { targetsOf } from "../../../../src/features/strace/events/change-targets.ts";
import type { CallEvent } from "../../../../src/features/strace/events/event.ts";
import { createSummariser } from "../../../../src/features/strace/summarise.ts";
import { fixturePath, startTarget } from "../../../linux/target-process.ts";
import { isMissing } from "../../../support/needs.ts";
import { eventsWhile } from "../events-while.ts";
import { accept, isFree, serveStrace } from "../serve-strace.ts";

const ELSEWHERE = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
const talker = z.object({
  ...{ four: z.int(), six: z.int(), both: z.int(), udp: z.int(), old: z.int() },
  ...{ path: z.string(), abstract: z.string() },
});
type Socket = Target & { readonly kind: "socket" };

function socketsOf(call: CallEvent): Socket[] {
  return targetsOf(call).filter((target) => target.kind === "socket");
}

/** The sockets on which a word was sent or received. */
function carriers(calls: readonly CallEvent[], word: string): Socket[] {
  const those = calls.filter(({ raw }) => raw?.join("").includes(`"${word}"`) ?? false);
  return those.flatMap(socketsOf);
}

async function talkWhileTraced(wrapper: readonly string[]) {
  const target = await startTarget([...wrapper, process.execPath, fixturePath("talk.mjs")]);
  const where = talker.parse(JSON.parse(await target.line()));
  onTestFinished(() => rm(where.path, { force: true }));
  const traced = await eventsWhile(target.pid, async () => {
    target.child.kill("SIGUSR2");
    expect(await target.line()).toBe("done");
  });
  return { target, where, ...traced };
}

describe.skipIf(isMissing("ptrace") || isMissing("namespaces"))(
  "sockets of another network namespace",
  () => {
    test("have addresses in events: TCP of both versions, UDP and Unix sockets", async () => {
      const { target, where, calls, warnings } = await talkWhileTraced(ELSEWHERE);
      await using _ = target;
      // Its standard output, which it has from us: a socket of our own namespace.
      expect(warnings).toEqual([
        expect.stringMatching(/^Sockets that lack an address in events: 1\. .*network namespace/),
      ]);
      const ends = (word: string) =>
        new Set(carriers(calls, word).map(({ protocol, local, peer }) => `${protocol} ${local} > ${peer}`));
      const pair = (word: string) => [...ends(word)].map((each) => each.replace(/^\S+ /, "")).toSorted();
      const reversed = (word: string) => pair(word).map((each) => each.split(" > ").toReversed().join(" > "));
      for (const [word, protocol, listening] of [
        ["old", "TCP", `127.0.0.1:${where.four}`],
        ["four", "TCP", `127.0.0.1:${where.four}`],
        ["six", "TCPv6", `[::1]:${where.six}`],
      ] as const) {
        expect([...ends(word)], word).toHaveLength(2);
        expect(
          [...ends(word)].every((each) => each.startsWith(`${protocol} `)),
          word,
        ).toBe(true);
        expect(
          pair(word).some((each) => each.startsWith(`${listening} > `)),
          word,
        ).toBe(true);
        expect(reversed(word).toSorted(), word).toEqual(pair(word));
      }
      expect([...ends("old")]).toContain(`TCP 127.0.0.1:${where.old} > 127.0.0.1:${where.four}`);
      expect([...ends("both")].toSorted()).toEqual([
        expect.stringMatching(new RegExp(`^TCP 127.0.0.1:\\d+ > 127.0.0.1:${where.both}$`)),
        expect.stringMatching(
          new RegExp(`^TCPv6 \\[::ffff:127.0.0.1\\]:${where.both} > \\[::ffff:127.0.0.1\\]:\\d+$`),
        ),
      ]);
      for (const name of ["path", "abstract"] as const) {
        const both = [`UNIX-STREAM ${where[name]} > null`, `UNIX-STREAM null > ${where[name]}`];
        expect([...ends(name)].toSorted(), name).toEqual(both.toSorted());
      }
      expect([...ends("udp")]).toContain(`UDP 127.0.0.1:${where.udp} > null`);
      expect([...ends("udp")].some((each) => each.endsWith(` > 127.0.0.1:${where.udp}`))).toBe(true);
    });

    test("have none before they are connected, and the other end from then on", async () => {
      const { target, where, calls } = await talkWhileTraced(ELSEWHERE);
      await using _ = target;
      const connecting = calls.find(
        ({ call, raw }) => call === "connect" && (raw?.join("").includes(`htons(${where.six})`) ?? false),
      );
      const [socket] = connecting === undefined ? [] : socketsOf(connecting);
      expect(socket).toMatchObject({
        protocol: "TCPv6",
        peer: `[::1]:${where.six}`,
        local: expect.stringMatching(/^\[::1\]:\d+$/),
      });
      const created = calls.find(
        ({ resultTarget }) => resultTarget?.kind === "socket" && resultTarget.inode === socket?.inode,
      );
      expect(created).toMatchObject({
        call: "socket",
        resultTarget: { protocol: "TCPv6", local: null, peer: null },
      });
      const accepting = calls.filter(({ call }) => call === "accept4").flatMap(socketsOf);
      expect(accepting).toContainEqual(
        expect.objectContaining({ protocol: "TCPv6", local: `[::1]:${where.six}`, peer: null }),
      );
    });

    test("are the peers of a summary", async () => {
      const { target, where, calls } = await talkWhileTraced(ELSEWHERE);
      await using _ = target;
      const summariser = createSummariser();
      for (const call of calls) summariser.add(call);
      const peers = summariser.summary(1_000).peers.map(({ peer }) => peer);
      expect(peers).toEqual(
        expect.arrayContaining([
          `TCP 127.0.0.1:${where.four}`,
          `TCPv6 [::1]:${where.six}`,
          `UNIX-STREAM ${where.path}`,
        ]),
      );
    });

    test("lack them in strace's own lines, which a reader of lines is told", async () => {
      await using target = await startTarget([...ELSEWHERE, "sleep", "300"]);
      await using served = await serveStrace({ settings: { DURATION_MS: 200 } });
      const lines = await (await served.get(`/strace/${target.pid}/5`, accept("text/event-stream"))).text();
      expect(lines).toMatch(
        /"warnings":\["[^"]*another network namespace[^"]*Events have them[^"]*network_mode/,
      );
      expect(lines).not.toContain('"-yy"');
      const events = await (await served.get(`/strace/${target.pid}/5`, accept("application/json"))).text();
      expect(events).toContain('"warnings":[]');
      expect(await isFree(target.pid)).toBe(true);
    });

    test("are told from those of others, of processes that one trace has in several namespaces", async () => {
      await using target = await startTarget([
        "sh",
        "-c",
        TWO_TALKERS,
        process.execPath,
        fixturePath("talk.mjs"),
      ]);
      const places = [await target.line(), await target.line()].map((line) => talker.parse(JSON.parse(line)));
      onTestFinished(() =>
        Promise.all(places.map(({ path }) => rm(path, { force: true }))).then(() => undefined),
      );
      const { calls } = await eventsWhile(target.pid, async () => {
        process.kill(-target.pid, "SIGUSR2");
        expect([await target.line(), await target.line()]).toEqual(["done", "done"]);
      });
      const sockets = carriers(calls, "four");
      expect(new Set(sockets.map(({ inode }) => inode)).size).toBe(4);
      for (const { four } of places) {
        const here = `127.0.0.1:${four}`;
        expect(sockets.some(({ local, peer }) => local === here && peer !== null)).toBe(true);
        expect(sockets.some(({ local, peer }) => local !== null && peer === here)).toBe(true);
      }
    });

    test("of a hundred connections of a few milliseconds each, both ends of those accepted and the far end of the others are told", async () => {
      await using target = await startTarget([
        ...ELSEWHERE,
        ...["perl", "-MIO::Socket::INET", "-e", SHORT_CONNECTIONS],
      ]);
      const port = Number(await target.line());
      const { calls } = await eventsWhile(target.pid, async () => {
        target.child.kill("SIGUSR2");
        expect(await target.line()).toBe("done");
      });
      const sockets = new Map(calls.flatMap(socketsOf).map((socket) => [socket.inode, socket]));
      const here = `127.0.0.1:${port}`;
      const accepted = [...sockets.values()].filter(({ local, peer }) => local === here && peer !== null);
      const connected = [...sockets.values()].filter(({ peer }) => peer === here);
      expect([accepted.length, connected.length]).toEqual([100, 100]);
      expect(new Set(accepted.map(({ peer }) => peer)).size).toBe(100);
    });
  },
);

test.skipIf(isMissing("ptrace"))(
  "in our own namespace strace tells addresses to readers of lines only: it costs the app dearly",
  async () => {
    const { target, where, calls } = await talkWhileTraced([]);
    await using _ = target;
    expect(carriers(calls, "four")).toContainEqual(
      expect.objectContaining({
        protocol: "TCP",
        local: `127.0.0.1:${where.four}`,
        inode: expect.any(Number),
      }),
    );
    await using served = await serveStrace({ settings: { DURATION_MS: 200 } });
    const lines = await (await served.get(`/strace/${target.pid}/5`, accept("text/event-stream"))).text();
    expect(lines).toContain('"-yy"');
    const events = await (await served.get(`/strace/${target.pid}/5`, accept("application/json"))).text();
    expect(events).not.toContain('"-yy"');
  },
);

/** One in our network namespace, and one in another. */
const TWO_TALKERS = `
trap : USR2
"$0" "$1" &
unshare --net sh -c 'ip link set lo up && exec "$0" "$1"' "$0" "$1" &
while :; do wait; done
`;

const SHORT_CONNECTIONS = `
$| = 1;
my $server = IO::Socket::INET->new(Listen => 9, LocalAddr => "127.0.0.1") or die;
my $port = $server->sockport;
my $isAsked = 0;
$SIG{USR2} = sub { $isAsked = 1 };
print "$port\\n";
select(undef, undef, undef, 60) until $isAsked;
for (1 .. 100) {
  my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die;
  my $accepted = $server->accept or die;
  syswrite $client, "x";
  sysread $accepted, my $word, 1;
  close $accepted;
  close $client;
}
print "done\\n";
sleep 60;
`;
