import { once } from "node:events";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { request as requestPlain } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { type RequestOptions, request } from "node:https";
import { dirname } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openCall, RELAY_FIELD, sealCall } from "../../src/cluster/relay-call.ts";
import type { ServerAnswer, ServerRequest } from "../../src/web/http-types.ts";
import { clientAddress } from "../../src/web/http-types.ts";
import { requestInfo } from "../../src/web/request-info.ts";
import { connectRaw } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { type Relayed, startRelayed } from "./relay-support.ts";

/** Of HTTP/2 (RFC 9113 section 7). */
const INTERNAL_ERROR = 2;
const CANCEL = 8;

/** What the app of a test sees of a request, and answers it with. */
interface Call {
  readonly request: ServerRequest;
  readonly answer: ServerResponse;
  body: string;
  hasEnded: boolean;
  isClosed: boolean;
}

const calls: Call[] = [];
let relayed: Relayed;
let session: ClientHttp2Session;

/** Answers by the last part of the path, and keeps what it sees. */
function app(request: ServerRequest, answer: ServerAnswer): void {
  if ("stream" in answer) throw new Error("the relay speaks HTTP/1.1");
  const call: Call = { request, answer, body: "", hasEnded: false, isClosed: false };
  calls.push(call);
  request.on("error", () => undefined);
  request.on("data", (piece) => {
    call.body += String(piece);
  });
  request.on("end", () => {
    call.hasEnded = true;
    if (request.url?.includes("/echo")) answer.end(JSON.stringify(seenOf(call)));
  });
  answer.on("close", () => {
    call.isClosed = true;
  });
  if (request.url?.endsWith("/stream")) answer.write("begun\n");
  if (request.url?.endsWith("/last")) answer.setHeader("Connection", "close").end("last");
  if (request.url?.endsWith("/early")) answer.writeHead(413).end("too much");
  if (request.url?.endsWith("/named")) {
    Object.assign(requestInfo(request), { user: "Jürgen \n", failure: "conflict" });
    answer.setHeader("Set-Cookie", ["a=1", "b=2"]);
    answer.writeHead(409, "Not Like This", { "X-Mixed-Case": "1" }).end("named");
  }
}

function seenOf({ request, body }: Call) {
  const { method, url, headers } = request;
  return { method, url, headers, body, address: clientAddress(request), id: requestInfo(request).id };
}

beforeAll(async () => {
  relayed = await startRelayed(app);
  session = connect(`https://127.0.0.1:${relayed.port}`, { ca: relayed.ca });
});
afterAll(async () => {
  session.destroy();
  await relayed[Symbol.asyncDispose]();
});
beforeEach(() => {
  calls.length = 0;
});

const open = (path: string, options: RequestOptions = {}) =>
  request({
    ...{ host: "127.0.0.1", port: relayed.port, ca: relayed.ca, servername: "localhost", agent: false },
    ...{ path: `/_sidecar${path}`, ...options },
  }).on("error", () => undefined);

async function answerOf(asked: ReturnType<typeof open>) {
  const [answer]: IncomingMessage[] = await once(asked, "response");
  if (answer === undefined) throw new Error("no answer");
  let body = "";
  for await (const piece of answer) body += String(piece);
  return { status: answer.statusCode, answer, body };
}

const lastCall = () => poll("the request at the app", () => calls.at(-1));

describe("a relayed request", () => {
  test("is what the client sent, and nothing that the connection between us added", async () => {
    const head = [
      "PATCH /_sidecar/echo?q=%2f HTTP/1.1",
      ...["Host: app.example", "X-One: 1", "Cookie: a=1", "X-Request-Id: id-7"],
      ...["Expect: 100-continue", "TE: trailers", "Connection: close, TE", "Transfer-Encoding: chunked"],
    ];
    const raw = await connectRaw(relayed, `${head.join("\r\n")}\r\n\r\n`);
    await raw.wait((text) => text.startsWith("HTTP/1.1 100 "));
    raw.send("4\r\nbody\r\n0\r\n\r\n");
    const answer = (await raw.closed()).split("\r\n\r\n").at(-1) ?? "";
    expect(JSON.parse(answer)).toEqual({
      ...{ method: "PATCH", url: "/_sidecar/echo?q=%2f", body: "body", address: "127.0.0.1", id: "id-7" },
      headers: {
        ...{ host: "app.example", connection: "keep-alive", "transfer-encoding": "chunked" },
        ...{ "x-one": "1", cookie: "a=1", "x-request-id": "id-7" },
      },
    });
  });

  test("of HTTP/2 keeps its authority, its crumbs of cookies and its method", async () => {
    const stream = session.request(
      [
        ...[":method", "REPORT", ":scheme", "https", ":authority", "app.example", ":path", "/_sidecar/echo"],
        ...["cookie", "a=1", "cookie", "b=2", "x-two", "2", "x-two", "3"],
      ],
      { endStream: false },
    );
    stream.end("body");
    let text = "";
    for await (const piece of stream) text += String(piece);
    expect(JSON.parse(text)).toMatchObject({
      ...{ method: "REPORT", body: "body", address: "127.0.0.1" },
      headers: { host: "app.example", cookie: "a=1; b=2", "x-two": "2, 3" },
    });
  });

  test.each(["GET", "POST", "DELETE", "OPTIONS"])("of %s without a body has none", async (method) => {
    const raw = await connectRaw(
      relayed,
      `${method} /_sidecar/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    const body = JSON.parse(
      (await raw.closed()).split(/\r\n\r\n(?:[\da-f]+\r\n)?/)[1]?.split("\r\n")[0] ?? "",
    );
    expect(body).toMatchObject({ method, body: "" });
    expect(body.headers["transfer-encoding"]).toBeUndefined();
  });

  test("with a header as large as the client may send comes through", async () => {
    const value = "x".repeat(60_000);
    const seen = JSON.parse((await answerOf(open("/echo", { headers: { "X-Large": value } }).end())).body);
    expect(seen.headers["x-large"]).toBe(value);
  });

  test("can't say what only we say", async () => {
    const field = sealCall({ id: "x", address: "6.6.6.6" }, "guess");
    for (const headers of [{ [RELAY_FIELD]: field }, { "TickBird-Relay": [field, field] }]) {
      const seen = JSON.parse((await answerOf(open("/echo", { headers }).end())).body);
      expect(seen.address).toBe("127.0.0.1");
      expect(seen.headers[RELAY_FIELD]).toBeUndefined();
    }
  });
});

describe("a relayed answer", () => {
  test("is what the app says, with its names for the access log of the process that has the client", async () => {
    const { status, answer, body } = await answerOf(open("/named").end());
    expect([status, answer.statusMessage, body]).toEqual([409, "Not Like This", "named"]);
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.rawHeaders).toContain("X-Mixed-Case");
    expect(Object.keys(answer.headers)).not.toContain(RELAY_FIELD);
    const line = await poll("the line", () => relayed.log().find((one) => one["path"] === "/_sidecar/named"));
    expect(line).toMatchObject({
      ...{
        user: "Jürgen \n",
        failure: "conflict",
        status: 409,
        complete: true,
        http: "1.1",
        route: "sidecar",
      },
    });
  });

  test("to HEAD has the head of the one to GET, and the connection goes on", async () => {
    const raw = await connectRaw(relayed, "HEAD /_sidecar/named HTTP/1.1\r\nHost: x\r\n\r\n");
    await raw.wait((text) => text.endsWith("\r\n\r\n"));
    raw.send("GET /_sidecar/named HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const heads = (await raw.closed()).match(/^HTTP\/1\.1 409 /gm);
    expect(heads).toHaveLength(2);
  });

  test("flows, and ends at the app as soon as the client goes", async () => {
    const asked = open("/stream").end();
    const [answer]: IncomingMessage[] = await once(asked, "response");
    const [piece] = await once(answer ?? asked, "data");
    expect(String(piece)).toBe("begun\n");
    const call = await lastCall();
    call.answer.write("more\n");
    const [more] = await once(answer ?? asked, "data");
    expect(String(more)).toBe("more\n");
    answer?.on("error", () => undefined);
    asked.destroy();
    await poll("the app to know", () => call.isClosed);
  });

  test("over HTTP/2 ends at the app as soon as the stream is reset", async () => {
    const stream = session.request({ ":path": "/_sidecar/stream" });
    await once(stream, "data");
    stream.close(CANCEL);
    await poll("the app to know", () => calls.at(-1)?.isClosed);
  });

  test("that the app breaks off can't be taken for complete", async () => {
    const asked = open("/stream").end();
    const [answer]: IncomingMessage[] = await once(asked, "response");
    const broken = once(answer ?? asked, "error");
    answer?.resume();
    (await lastCall()).answer.destroy();
    expect(String((await broken)[0])).toMatch(/aborted|hang up|ECONNRESET/);
    const stream = session.request({ ":path": "/_sidecar/stream" }).on("error", () => undefined);
    await once(stream, "data");
    stream.resume();
    calls.at(-1)?.answer.destroy();
    await poll("the reset", () => stream.rstCode === INTERNAL_ERROR);
    const lines = await poll("the lines", () => {
      const found = relayed
        .log()
        .filter((one) => one["path"] === "/_sidecar/stream" && one["complete"] === false);
      return found.length >= 2 && found;
    });
    expect(lines.length).toBeGreaterThanOrEqual(2);
  });

  test("that comes before the body is whole leaves the client's connection usable", async () => {
    const raw = await connectRaw(
      relayed,
      "POST /_sidecar/early HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n",
    );
    await raw.wait((text) => text.includes("too much"));
    raw.send("y".repeat(300_000));
    raw.send("GET /_sidecar/named HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await raw.closed()).toContain("HTTP/1.1 409 ");
  });

  test("says to HTTP/1.1 that the connection ends, once clients are to go elsewhere", async () => {
    await using own = await startRelayed(app);
    own.close();
    const raw = await connectRaw(own, "GET /_sidecar/named HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await raw.closed()).toMatch(/^Connection: close\r$/m);
  });

  test("that ends the connection, as the app's do while it closes, does not end that between the processes", async () => {
    for (let count = 0; count < 50; count += 1) {
      const raw = await connectRaw(
        relayed,
        "GET /_sidecar/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      );
      expect(await raw.closed()).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(new Set(calls.map(({ request }) => request.socket)).size).toBe(1);
  });

  test("is a problem where the app breaks off before it, and where nobody answers", async () => {
    const asked = open("/silent").end();
    (await lastCall()).answer.destroy();
    const { status, body } = await answerOf(asked);
    expect([status, JSON.parse(body).code]).toEqual([500, "internal"]);
    expect(relayed.log()).toContainEqual(expect.objectContaining({ level: "error", msg: "not relayed" }));
  });
});

describe("the socket between the processes", () => {
  const knock = (field?: string) => {
    const asked = requestPlain({
      ...{ socketPath: relayed.address.path, path: "/_sidecar/echo", agent: false },
      headers: field === undefined ? {} : { [RELAY_FIELD]: field },
    });
    asked.end();
    return once(asked, "response");
  };

  test("is gone with the one who made it", async () => {
    const own = await startRelayed(app);
    await own[Symbol.asyncDispose]();
    await expect(stat(dirname(own.address.path))).rejects.toThrow("ENOENT");
  });

  test("is in a folder that nobody else may enter", async () => {
    const folder = await stat(dirname(relayed.address.path));
    expect([folder.mode & 0o777, folder.uid]).toEqual([0o700, process.getuid?.()]);
  });

  test("answers nobody who lacks the secret", async () => {
    const call = { id: "x", address: "192.0.2.1" };
    for (const field of [
      undefined,
      "",
      "x",
      sealCall(call, ""),
      sealCall(call, `${relayed.address.secret}x`),
    ])
      await expect(knock(field)).rejects.toThrow(/hang up|ECONNRESET/);
    expect(calls).toEqual([]);
    const [answer]: IncomingMessage[] = await knock(sealCall(call, relayed.address.secret));
    expect(answer?.resume().statusCode).toBe(200);
  });

  test("has another secret at each start", async () => {
    await using own = await startRelayed(app);
    expect(own.address.secret).not.toBe(relayed.address.secret);
    const call = { id: "x", address: "192.0.2.1" };
    expect(openCall(sealCall(call, own.address.secret), own.address.secret)).toEqual(call);
    expect(openCall(sealCall(call, own.address.secret), relayed.address.secret)).toBeUndefined();
  });
});
