import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, sensitiveHeaders } from "node:http2";
import { expect, test } from "vitest";
import { HpackDecoder } from "../../../../src/listener/http2/hpack/decoder.ts";
import { field, statusField } from "../../../../src/listener/http2/hpack/encoder.ts";
import { type Random, randomOf, seedOr } from "../../../support/random.ts";
import type { Pair } from "./block-writer.ts";
import { flat, randomValue } from "./fields.ts";
import { type FrameServer, serveFrames } from "./frame-server.ts";

/** Node's own client is the peer: it writes and reads HPACK by nghttp2. */

const LIMITS = { listBytes: 1_000_000, listFields: 1_000 };
const ACCEPTS = ["*/*", "text/html, application/xhtml+xml;q=0.9", "\xe9\x80\xff", "x".repeat(200)];

/** A client of the server, once it knows the server's settings. */
async function clientOf(server: FrameServer) {
  const session = connect(server.origin);
  await once(session, "remoteSettings");
  return { session, [Symbol.dispose]: () => session.destroy() };
}

/** Asks, and gives the fields of the answer. */
async function ask(
  session: ClientHttp2Session,
  fields: readonly Pair[],
  secrets: readonly string[] = [],
): Promise<IncomingHttpHeaders> {
  const headers = { ...Object.fromEntries(fields), [sensitiveHeaders]: [...secrets] };
  const stream = session.request(headers, { endStream: true });
  const [answer] = await once(stream, "response");
  stream.resume();
  await once(stream, "close");
  return answer;
}

function randomRequest(random: Random, authority: string): Pair[] {
  const own = new Map<string, string>();
  for (let count = random.int(6); count > 0; count -= 1) own.set(`x-${random.int(40)}`, randomValue(random));
  if (random.chance(0.6)) own.set("accept", random.pick(ACCEPTS));
  if (random.chance(0.4)) own.set("cookie", `session=${random.int(5)}`);
  if (random.chance(0.2)) own.set(`x-long-${random.int(3)}`, "long ".repeat(random.int(2_000)).trim());
  return [
    [":method", random.pick(["GET", "GET", "DELETE", "HEAD", "OPTIONS"])],
    [":authority", authority],
    [":scheme", "http"],
    [":path", random.chance(0.5) ? "/" : `/api/items?page=${random.int(50)}`],
    ...own,
  ];
}

test.each([4_096, 0, 200, 65_536])(
  "what Node's client asks is read, with a table of %i bytes",
  async (tableBytes) => {
    const random = randomOf(seedOr(9_113) + tableBytes);
    await using server = await serveFrames(tableBytes, () => Buffer.from(statusField(204), "latin1"));
    using client = await clientOf(server);
    const asked = Array.from({ length: 400 }, () => randomRequest(random, server.origin.slice(7)));
    for (const fields of asked)
      await ask(client.session, fields, random.chance(0.3) ? ["cookie", "x-1"] : []);
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes });
    const read = server.blocks.map((block) => decoder.decode(block));
    expect(read).toEqual(asked.map((fields) => ({ list: flat(fields), isTooLarge: false })));
  },
);

test("what Node's client repeats is the same object from the second time on, and again after others", async () => {
  await using server = await serveFrames(4_096, () => Buffer.from(statusField(200), "latin1"));
  using client = await clientOf(server);
  const same: Pair[] = [
    [":path", "/same"],
    ["user-agent", "peer"],
    ["x-own", "value"],
  ];
  for (let time = 0; time < 4; time += 1) await ask(client.session, same);
  await ask(client.session, [...same, ["x-more", "new"]]);
  for (let time = 0; time < 3; time += 1) await ask(client.session, same);
  const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 4_096 });
  const read = server.blocks.map((block) => decoder.decode(block));
  expect(read.map((decoded, index) => decoded === read[index - 1])).toEqual([
    // nghttp2 writes no path into the table: it is a literal each time, and the block repeats all the same.
    ...[false, false, true, true, false, false, true, true],
  ]);
  expect(read[6]?.list).toEqual(read[2]?.list);
});

function randomAnswer(random: Random): { status: number; fields: Pair[] } {
  const own = new Map<string, string>();
  for (let count = random.int(6); count > 0; count -= 1) own.set(`x-${random.int(900)}`, randomValue(random));
  for (const name of ["content-type", "server", "vary", "www-authenticate", "cache-control"]) {
    if (random.chance(0.4)) own.set(name, randomValue(random));
  }
  if (random.chance(0.2))
    own.set(`x-${"name-".repeat(1 + random.int(60))}`, "y".repeat(100 + random.int(400)));
  const status = random.chance(0.5)
    ? random.pick([200, 204, 206, 304, 400, 404, 500])
    : 200 + random.int(800);
  return { status, fields: [...own] };
}

test("what is written is read by Node's client", async () => {
  const random = randomOf(seedOr(7_541));
  const answers = Array.from({ length: 400 }, () => randomAnswer(random));
  const blockOf = ({ status, fields }: { status: number; fields: Pair[] }) =>
    Buffer.from(statusField(status) + fields.map(([name, value]) => field(name, value)).join(""), "latin1");
  await using server = await serveFrames(4_096, (index) =>
    blockOf(answers[index] ?? { status: 500, fields: [] }),
  );
  using client = await clientOf(server);
  for (const { status, fields } of answers) {
    const headers = await ask(client.session, [[":path", "/"]]);
    // Without the symbol that Node adds.
    expect(Object.fromEntries(Object.entries(headers))).toEqual({
      ":status": status,
      ...Object.fromEntries(fields),
    });
  }
});

test("secrets reach Node's client as such", async () => {
  const block =
    statusField(200) + field("set-cookie", "a=1") + field("etag", '"x"') + field("set-cookie", "b=2");
  await using server = await serveFrames(4_096, () => Buffer.from(block, "latin1"));
  using client = await clientOf(server);
  const headers = await ask(client.session, [[":path", "/"]]);
  expect(headers).toMatchObject({ "set-cookie": ["a=1", "b=2"], etag: '"x"' });
  // What came as never indexed (RFC 7541 section 6.2.3), says Node.
  expect(Reflect.get(headers, sensitiveHeaders)).toEqual(["set-cookie", "set-cookie"]);
});
