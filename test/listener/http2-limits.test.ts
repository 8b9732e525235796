import { once } from "node:events";
import { connect } from "node:http2";
import { describe, expect, test } from "vitest";
import { poll } from "../support/poll.ts";
import { type Alone, type Core, startAlone } from "./alone.ts";
import {
  connectRawHttp2,
  errorCodeOf,
  FLAG,
  FRAME,
  frame,
  get,
  headerBlock,
  type RawHttp2,
  requestFields,
} from "./raw-http2.ts";

const CANCEL = 8;
const REFUSED_STREAM = 7;

/** Answers `/…` at once; `/hang` never, and `/break` by a reset. */
const hangs: Core = (request, answer) => {
  request.on("error", () => undefined);
  answer.on("error", () => undefined);
  if (request.url === "/break") {
    answer.write("half");
    // Later than the beginning has gone out.
    setImmediate(() => setImmediate(() => answer.destroy()));
  } else if (request.url !== "/hang") answer.end(`target ${request.url}`);
};

/** A client that keeps to the rules, on a connection of its own. */
async function neighbourOf(alone: Alone) {
  const session = connect(`https://127.0.0.1:${alone.port}`, { ca: alone.ca });
  session.on("error", () => undefined);
  const ask = (path: string, headers = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const stream = session.request({ ":path": path, ...headers });
    let text = "";
    stream.on("response", (head) => {
      text += `${head[":status"]} `;
    });
    stream.setEncoding("utf8");
    stream.on("data", (piece: string) => {
      text += piece;
    });
    stream.on("end", () => resolve(text));
    stream.on("error", reject);
    return promise;
  };
  await ask("/first");
  return { session, ask, [Symbol.dispose]: () => session.destroy() };
}

function resetOf(streamId: number): Buffer {
  const code = Buffer.alloc(4);
  code.writeUInt32BE(CANCEL);
  return frame(FRAME.RST_STREAM, 0, streamId, code);
}

/** Waits until a stream of a client has been answered; gives the body. */
async function answerTo(client: RawHttp2, streamId: number): Promise<string> {
  const { payload } = await client.frame(
    "the answer",
    ({ type, streamId: id }) => type === FRAME.DATA && id === streamId,
  );
  return payload.toString();
}

describe("concurrent streams", () => {
  test("beyond the limit are refused before they are requests, and the others are served", async () => {
    const seen: string[] = [];
    await using alone = await startAlone({ maxStreams: 10 }, (request, answer) => {
      seen.push(request.url ?? "");
      hangs(request, answer);
    });
    // Without its acknowledgement a client counts as one that does not know the limit yet.
    using client = await connectRawHttp2(alone, { acknowledges: false });
    for (let index = 0; index < 15; index++) client.send(get(1 + 2 * index, "/hang"));
    await poll(
      "five refusals",
      () => client.frames.filter(({ type }) => type === FRAME.RST_STREAM).length === 5,
    );
    const refused = client.frames.filter(({ type }) => type === FRAME.RST_STREAM);
    expect(refused.map(({ streamId }) => streamId)).toEqual([21, 23, 25, 27, 29]);
    expect(new Set(refused.map(errorCodeOf))).toEqual(new Set([REFUSED_STREAM]));
    expect(seen).toHaveLength(10);
    client.send(resetOf(1), get(31, "/after"));
    expect(await answerTo(client, 31)).toMatch(/^target /);
  });

  test("are announced", async () => {
    await using alone = await startAlone({ maxStreams: 10 }, hangs);
    using client = await neighbourOf(alone);
    expect(client.session.remoteSettings.maxConcurrentStreams).toBe(10);
  });
});

test("answers that a client does not take yet do not keep its next request from being served", async () => {
  const large = Buffer.alloc(240 * 1_024);
  await using alone = await startAlone({}, (request, answer) => {
    answer.on("error", () => undefined);
    answer.end(request.url === "/large" ? large : `target ${request.url}`);
  });
  using client = await neighbourOf(alone);
  // The connection has room; each stream has 64 KiB.
  client.session.setLocalWindowSize(1_073_741_824);
  const stalled = Array.from({ length: 99 }, () => client.session.request({ ":path": "/large" }).pause());
  await Promise.all(stalled.map((stream) => once(stream, "response")));
  expect(await client.ask("/small")).toBe("200 target /small");
});

describe("a client that cancels its requests", () => {
  test("without end (rapid reset, CVE-2023-44487) loses its connection, and nobody else's suffers", async () => {
    let begun = 0;
    await using alone = await startAlone(
      { streamResetBurst: 100, streamResetsPerSecond: 10 },
      (request, answer) => {
        begun += 1;
        hangs(request, answer);
      },
    );
    using neighbour = await neighbourOf(alone);
    using client = await connectRawHttp2(alone);
    let sent = 0;
    await poll("the end of the connection", () => {
      for (let count = 0; count < 200; count++, sent++)
        client.send(get(1 + 2 * sent, "/hang"), resetOf(1 + 2 * sent));
      return client.isClosed;
    });
    // What comes in the same piece as the one too many is still read.
    expect(begun).toBeLessThan(1_000);
    expect(await neighbour.ask("/still")).toBe("200 target /still");
  });

  test("by making the server reset them (CVE-2025-8671) loses it too", async () => {
    await using alone = await startAlone({ streamResetBurst: 100, streamResetsPerSecond: 10 }, hangs);
    using client = await connectRawHttp2(alone);
    const noIncrement = Buffer.alloc(4);
    for (let index = 0; index < 2_000 && !client.isClosed; index++)
      client.send(get(1 + 2 * index, "/hang"), frame(FRAME.WINDOW_UPDATE, 0, 1 + 2 * index, noIncrement));
    await client.closed();
  });

  test("hundreds at once, as a browser does that leaves a page, is served on", async () => {
    await using alone = await startAlone({}, hangs);
    using client = await connectRawHttp2(alone);
    for (let index = 0; index < 900; index++)
      client.send(get(1 + 2 * index, "/hang"), resetOf(1 + 2 * index));
    client.send(get(2_001, "/after"));
    expect(await answerTo(client, 2_001)).toMatch(/^target /);
  });

  test("is not who breaks them where the server does", async () => {
    await using alone = await startAlone({ streamResetBurst: 100, streamResetsPerSecond: 1 }, hangs);
    using client = await neighbourOf(alone);
    for (let round = 0; round < 5; round++) {
      const broken = Array.from({ length: 60 }, () => client.ask("/break").catch(() => "broken"));
      expect(new Set(await Promise.all(broken))).toEqual(new Set(["broken"]));
    }
    expect(await client.ask("/still")).toBe("200 target /still");
  });
});

describe("a header over HTTP/2", () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "y"]));

  test.each([
    ["more fields than allowed", { headerCount: 30 }, many(31), "SIDECAR_LIMITS_HEADER_COUNT"],
    [
      "more bytes than allowed",
      { headerBytes: 16_384 },
      { x: "y".repeat(16_385) },
      "SIDECAR_LIMITS_HEADER_BYTES",
    ],
  ])("with %s is answered 431, and the session goes on", async (_what, limits, headers, remedy) => {
    await using alone = await startAlone(limits, hangs);
    using client = await neighbourOf(alone);
    const answer = await client.ask("/large", headers);
    expect(answer.slice(0, 4)).toBe("431 ");
    expect(JSON.parse(answer.slice(4))).toMatchObject({ code: "header-too-large", remedy });
    expect(await client.ask("/still")).toBe("200 target /still");
    expect((await alone.lines(3))[1]).toMatchObject({
      route: "refused",
      status: 431,
      failure: "header-too-large",
    });
  });

  test("with as many fields as allowed is served, whatever the crumbs of its cookie (RFC 9113 section 8.2.3)", async () => {
    await using alone = await startAlone({ headerCount: 30 }, hangs);
    using client = await connectRawHttp2(alone);
    const crumbs = Array.from({ length: 60 }, (_, index) => ["cookie", `c${index}=v`] as const);
    client.send(get(1, "/fine", [...Object.entries(many(29)), ...crumbs]));
    expect(await answerTo(client, 1)).toMatch(/^target /);
  });

  test("far beyond the limits is answered 431 too, and costs only its stream", async () => {
    await using alone = await startAlone({ headerCount: 20, headerBytes: 16_384 }, hangs);
    using client = await connectRawHttp2(alone);
    client.send(get(1, "/large", Object.entries(many(200))));
    expect(JSON.parse(await answerTo(client, 1))).toMatchObject({ code: "header-too-large" });
    client.send(get(3, "/still"));
    expect(await answerTo(client, 3)).toMatch(/^target /);
  });
});

describe("a request over HTTP/2 is refused", () => {
  test.each([
    ["with another expectation", "/tea", { expect: "tea" }, 417, "expectation-failed"],
    [
      "that asks for a tunnel",
      undefined,
      { ":method": "CONNECT", ":authority": "other.example:443" },
      405,
      "method-not-allowed",
    ],
  ])("%s: by a problem document and a line in the log", async (_what, path, headers, status, code) => {
    await using alone = await startAlone({}, hangs);
    using client = await neighbourOf(alone);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const stream = client.session.request({ ...(path === undefined ? {} : { ":path": path }), ...headers });
    stream.on("response", (head) => resolve(head[":status"]));
    stream.on("error", () => resolve(undefined));
    stream.end();
    stream.resume();
    expect(await promise).toBe(status);
    expect((await alone.lines(2))[1]).toMatchObject({ route: "refused", status, failure: code });
    expect(await client.ask("/still")).toBe("200 target /still");
  });
});

describe("floods of frames that are no requests", () => {
  const block = headerBlock(requestFields("POST", "/hang"));
  const FLOODS = {
    "pings, whose answers are not read": { first: [], flood: frame(FRAME.PING, 0, 0, Buffer.alloc(8)) },
    "settings, likewise": { first: [], flood: frame(FRAME.SETTINGS, 0, 0) },
    "empty DATA": {
      first: [frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, block)],
      flood: frame(FRAME.DATA, 0, 1),
    },
    CONTINUATION: {
      first: [frame(FRAME.HEADERS, 0, 1, block)],
      flood: frame(FRAME.CONTINUATION, 0, 1, headerBlock([["x", "y"]])),
    },
  };

  test.each(Object.entries(FLOODS))(
    "%s: end their session, and no other",
    async (_what, { first, flood }) => {
      await using alone = await startAlone({}, hangs);
      using neighbour = await neighbourOf(alone);
      using client = await connectRawHttp2(alone);
      client.send(...first);
      client.socket.pause();
      const many = Buffer.concat(Array.from({ length: 5_000 }, () => flood));
      const ended = () => alone.log.find(({ msg }) => msg === "an HTTP/2 connection failed");
      await poll("the end of the session", () => {
        if (client.socket.writableLength < 1_000_000) client.send(many);
        return ended();
      });
      client.socket.resume();
      await client.closed();
      expect(await neighbour.ask("/still")).toBe("200 target /still");
    },
  );
});

describe("a session without a request", () => {
  test("is closed after the limit, though bytes of a request trickle in", async () => {
    await using alone = await startAlone({ keepAliveMs: 500 }, hangs);
    using client = await connectRawHttp2(alone);
    const request = get(1, `/${"y".repeat(200)}`);
    let at = 0;
    const drip = setInterval(() => {
      client.send(request.subarray(at, at + 1));
      at += 1;
    }, 100);
    try {
      await client.closed();
    } finally {
      clearInterval(drip);
    }
    expect(client.frames.some(({ type }) => type === FRAME.GOAWAY)).toBe(true);
  });

  test("is kept where one is under way", async () => {
    await using alone = await startAlone({ keepAliveMs: 300 }, hangs);
    using idle = await connectRawHttp2(alone);
    using client = await connectRawHttp2(alone);
    client.send(get(1, "/hang"));
    await idle.closed();
    using later = await connectRawHttp2(alone);
    await later.closed();
    client.send(get(3, "/after"));
    expect(await answerTo(client, 3)).toMatch(/^target /);
  });
});
