import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Front, type RawCore, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { connectRawHttp2, requestFields } from "../raw-http2.ts";
import { answersOk } from "./cores.ts";
import { answered, CODE, data, fieldOf, framesOf, headers, heard, PREFACE, settings } from "./session.ts";

/** Requests that repeat the one before but for a little: what is remembered of it must not be taken for what differs. */

type Pair = readonly [string, string];

interface Asked {
  readonly method: string;
  readonly authority: string;
  readonly more: readonly Pair[];
  readonly body?: string;
}

let core: RawCore;
let front: Front;

beforeAll(async () => {
  core = await startRawCore(answersOk);
  front = await startFront(core.port);
});

afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});

/** Asks one after the other on one connection; gives the heads that the core saw, but for what always differs. */
async function headsOf(requests: readonly Asked[]): Promise<string[]> {
  using client = await connectRawHttp2(front);
  const heads: string[] = [];
  for (const [index, { method, authority, more, body }] of requests.entries()) {
    const id = 1 + 2 * index;
    const seenBefore = core.connections.map((connection) => connection.received().length);
    const pseudo = requestFields(method, "/ok").map(
      ([name, value]): Pair => [name, name === ":authority" ? authority : value],
    );
    client.send(headers(id, [...pseudo, ...more], { ends: body === undefined }));
    if (body !== undefined) client.send(data(id, body, { ends: true }));
    await answered(client, id);
    const seen = core.connections.map((it, at) => it.received().slice(seenBefore[at] ?? 0)).join("");
    heads.push(seen.slice(0, seen.indexOf("\r\n\r\n") + 4).replace(/^X-Request-Id: .*\r\n/m, ""));
  }
  return heads;
}

test("requests for two hosts in turn, each of them repeated, reach each its own host", async () => {
  const hosts = ["a", "b", "b", "a", "a", "b", "b", "b", "a", "a"];
  const heads = await headsOf(hosts.map((authority) => ({ method: "GET", authority, more: [["x", "y"]] })));
  expect(heads.map((head) => /^Host: (.*)\r$/m.exec(head)?.[1])).toEqual(hosts);
  expect(heads.map((head) => /^X-Forwarded-Host: (.*)\r$/m.exec(head)?.[1])).toEqual(hosts);
});

test("whatever came before, a request reaches the core with the same head as on a connection of its own", async () => {
  const fields: readonly (readonly Pair[])[] = [
    [],
    [["x", "y"]],
    [
      ["cookie", "a=1"],
      ["cookie", "b=2"],
    ],
    [
      ["te", "trailers"],
      ["trailer", "x-sum"],
    ],
  ];
  const one = fields.flatMap((more): Asked[] => [
    { method: "GET", authority: "a", more },
    { method: "POST", authority: "a", more, body: "hi" },
    { method: "POST", authority: "a", more },
    { method: "PUT", authority: "a", more: [...more, ["content-length", "2"]], body: "hi" },
    { method: "GET", authority: "a", more },
    { method: "DELETE", authority: "b", more },
  ]);
  const requests = one.flatMap((it) => [it, it, it]);
  const alone = new Map<Asked, string>();
  for (const it of one) alone.set(it, (await headsOf([it]))[0] ?? "");
  expect(await headsOf(requests)).toEqual(requests.map((it) => alone.get(it)));
});

test("what is remembered of a refused request reaches no core as that of another client", async () => {
  await using seesAll = await startRawCore(answersOk);
  await using own = await startFront(seesAll.port);
  // Malformed and too large: answered, though nothing of it was read.
  const tooLarge: Pair[] = [
    ["Bad-Name", "x"],
    ...Array.from({ length: 230 }, (_, at): Pair => [`a${at}`, "b"]),
  ];
  const clients = ["127.0.0.1", "127.0.0.2"];
  for (const localAddress of clients) {
    const path = `/ok?${localAddress}`;
    const socket = connect({
      ...{ host: "127.0.0.1", port: own.port, ca: own.ca, localAddress },
      ALPNProtocols: ["h2"],
    });
    const pieces: Buffer[] = [];
    socket.on("data", (piece: Buffer) => pieces.push(piece));
    socket.write(
      Buffer.concat([
        ...[PREFACE, settings()],
        headers(1, [...requestFields("GET", "/").filter(([name]) => name !== ":authority"), ...tooLarge], {
          ends: true,
        }),
        headers(
          3,
          requestFields("GET", path).filter(([name]) => name !== ":authority"),
          { ends: true },
        ),
      ]),
    );
    await poll("the answer", () => heard(framesOf(Buffer.concat(pieces)), 3).hasEnded);
    expect(fieldOf(heard(framesOf(Buffer.concat(pieces)), 1).blocks[0], ":status")).toBe("431");
    socket.destroy();
  }
  const heads = seesAll.connections.flatMap((it) => it.received().split("\r\n\r\n").slice(0, -1));
  expect(heads.map((head) => /^GET \/ok\?(\S*)/.exec(head)?.[1])).toEqual(clients);
  expect(heads.map((head) => /^X-Forwarded-For: (.*)$/m.exec(head)?.[1])).toEqual(clients);
});

test.each(["/a b", "/a\tb", " /", "/ ", "/ HTTP/1.1", "/?a b"])(
  "a path that would be two words of a request line is refused, and the core sees nothing: %j (RFC 9113 section 10.3)",
  async (path) => {
    const seen = () => core.connections.map((connection) => connection.received()).join("");
    const before = seen();
    using client = await connectRawHttp2(front);
    client.send(headers(1, requestFields("GET", path), { ends: true }));
    const { blocks, resetCode } = await poll("the stream to be over", () => {
      const it = heard(client.frames, 1);
      return (it.hasEnded || it.resetCode !== undefined) && it;
    });
    if (resetCode === undefined) expect(["400", "404"]).toContain(fieldOf(blocks[0], ":status"));
    else expect(resetCode).toBe(CODE.PROTOCOL_ERROR);
    expect(seen()).toBe(before);
  },
);
