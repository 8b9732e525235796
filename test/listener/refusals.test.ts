import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { connectRaw, type RawClient } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { type Alone, type Core, startAlone } from "./alone.ts";

const HOST = "Host: app\r\n";
const CHUNKED = `POST /upload HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

/** The answers of a connection, each as its status and its body; the bodies have a Content-Length. */
function answersOf(text: string): { status: number; head: string; body: string }[] {
  const answers = [];
  for (let rest = text; rest !== ""; ) {
    const end = rest.indexOf("\r\n\r\n") + 4;
    const head = rest.slice(0, end);
    const length = Number(/^Content-Length: (\d+)\r$/m.exec(head)?.[1]);
    answers.push({ status: Number(head.slice(9, 12)), head, body: rest.slice(end, end + length) });
    rest = rest.slice(end + length);
  }
  return answers;
}

const REFUSED = {
  "a line that ends in a bare LF": [400, "bad-request", "GET / HTTP/1.1\nHost: app\n\n"],
  "a header line that ends in a bare LF": [400, "bad-request", `GET / HTTP/1.1\r\nX: y\n${HOST}\r\n`],
  "a blank before the colon": [400, "bad-request", `GET / HTTP/1.1\r\n${HOST}X : y\r\n\r\n`],
  "a folded line": [400, "bad-request", `GET / HTTP/1.1\r\n${HOST}X: y\r\n z\r\n\r\n`],
  "a control character in a value": [400, "bad-request", `GET / HTTP/1.1\r\n${HOST}X: \x01\r\n\r\n`],
  "an eight-bit target": [400, "bad-request", `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`],
  "no Host": [400, "bad-request", "GET / HTTP/1.1\r\nX: y\r\n\r\n"],
  "no Host, with an upgrade": [
    400,
    "bad-request",
    "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  ],
  "two Hosts": [400, "bad-request", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  "a Host with a blank": [400, "bad-request", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"],
  "a Host with a path": [400, "bad-request", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  "two lengths of a body": [
    400,
    "bad-request",
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ],
  "what is not HTTP": [400, "bad-request", "\x16\x03\x01\x02\x00\x01"],
  CONNECT: [405, "method-not-allowed", "CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n\r\n"],
  "another expectation": [
    417,
    "expectation-failed",
    `POST / HTTP/1.1\r\n${HOST}Expect: tea\r\nContent-Length: 2\r\n\r\nhi`,
  ],
  "more than 64 KiB of header": [
    431,
    "header-too-large",
    `GET / HTTP/1.1\r\n${HOST}X: ${"y".repeat(70_000)}\r\n\r\n`,
  ],
  "a target of more than 64 KiB": [
    431,
    "header-too-large",
    `GET /${"y".repeat(70_000)} HTTP/1.1\r\n${HOST}\r\n`,
  ],
  "more than 200 fields": [431, "header-too-large", `GET / HTTP/1.1\r\n${HOST}${"X: y\r\n".repeat(200)}\r\n`],
  "an unknown method": [501, "method-unknown", `FROB / HTTP/1.1\r\n${HOST}\r\n`],
  "HTTP/2.0 in words": [505, "version-not-supported", `GET / HTTP/2.0\r\n${HOST}\r\n`],
  "HTTP/2 without ALPN": [505, "version-not-supported", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  "HTTP/1.2": [505, "version-not-supported", `GET / HTTP/1.2\r\n${HOST}\r\n`],
  "no version": [505, "version-not-supported", "GET /\r\n\r\n"],
} as const;

describe("a request over HTTP/1.1 is refused by a problem document, one log line and the end of its connection", () => {
  test.each(Object.entries(REFUSED))("%s", async (_what, [status, code, text]) => {
    await using alone = await startAlone();
    using neighbour = await connectRaw(alone);
    using client = await connectRaw(alone, text);
    const [answer, ...more] = answersOf(await client.closed());
    expect(more).toEqual([]);
    expect(answer?.status).toBe(status);
    expect(answer?.head).toMatch(/^Connection: close\r$/m);
    expect(answer?.head).toMatch(/^Content-Type: application\/problem\+json\r$/m);
    expect(answer?.head).toContain(`Sidecar-Error: ${code}\r\n`);
    const problem = JSON.parse(answer?.body ?? "");
    expect(problem).toMatchObject({ status, code });
    expect(answer?.head).toContain(`X-Request-Id: ${problem.requestId}\r\n`);

    expect(await alone.lines(1)).toEqual([
      expect.objectContaining({
        requestId: problem.requestId,
        client: "127.0.0.1",
        route: "refused",
        failure: code,
        status,
        complete: true,
      }),
    ]);
    neighbour.send(`GET /still HTTP/1.1\r\n${HOST}\r\n`);
    await neighbour.wait((seen) => seen.endsWith("target /still"));
  });

  test("of which the log tells method, path without the query, and version, where they are known", async () => {
    await using alone = await startAlone();
    using parsed = await connectRaw(alone, "GET /a?secret HTTP/1.1\r\nX-Request-Id: mine\r\n\r\n");
    await parsed.closed();
    using unparsed = await connectRaw(alone, `GET /b?secret HTTP/1.1\r\n${HOST}X : y\r\n\r\n`);
    await unparsed.closed();
    expect(await alone.lines(2)).toEqual([
      expect.objectContaining({ requestId: "mine", method: "GET", path: "/a", http: "1.1" }),
      expect.objectContaining({ method: "GET", path: "/b", http: "1.1" }),
    ]);
  });

  test("without a body to HEAD (RFC 9110 section 9.3.2)", async () => {
    await using alone = await startAlone();
    using client = await connectRaw(alone, "HEAD / HTTP/1.1\r\n\r\n");
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\n\r\n$/);
  });

  test("with the methods that are allowed, to CONNECT", async () => {
    await using alone = await startAlone();
    using client = await connectRaw(alone, REFUSED.CONNECT[2]);
    expect(await client.closed()).toMatch(/^Allow: GET, HEAD, /m);
  });
});

describe("what is no fault", () => {
  test.each([
    ["an HTTP/1.0 request without a Host", "GET /x HTTP/1.0\r\n\r\n"],
    ["an empty Host", "GET /x HTTP/1.1\r\nHost:\r\n\r\n"],
    ["a Host with an underscore and a port", "GET /x HTTP/1.1\r\nHost: my_app.example:8443\r\n\r\n"],
    ["a Host that is an IPv6 address", "GET /x HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n\r\n"],
    ["200 fields", `GET /x HTTP/1.1\r\n${HOST}${"X: y\r\n".repeat(199)}\r\n`],
    ["60,000 bytes of header", `GET /x HTTP/1.1\r\n${HOST}X: ${"y".repeat(60_000)}\r\n\r\n`],
    ["eight-bit values", `GET /x HTTP/1.1\r\n${HOST}X: \xe9\r\n\r\n`],
    ["empty lines before the request", `\r\n\r\nGET /x HTTP/1.1\r\n${HOST}\r\n`],
  ])("%s is served", async (_what, text) => {
    await using alone = await startAlone();
    using client = await connectRaw(alone, text);
    await client.wait((seen) => seen.endsWith("target /x"));
  });
});

describe("a refusal reaches a client that still sends", () => {
  const BODY = "y".repeat(4_194_304);

  /** Sends more and more until the connection is closed. */
  async function sendOn(client: RawClient): Promise<{ seen: string; error: Error | undefined }> {
    let error: Error | undefined;
    client.socket.on("error", (broken) => {
      error = broken;
    });
    const seen = await client.closed();
    return { seen, error };
  }

  test.each([
    [
      "a head that Node refuses",
      `POST / HTTP/1.1\r\n${HOST}X : y\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
      400,
    ],
    ["a head that we refuse", `POST / HTTP/1.1\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`, 400],
    [
      "an expectation",
      `POST / HTTP/1.1\r\n${HOST}Expect: tea\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
      417,
    ],
    ["a body that is broken", `${CHUNKED}nonsense\r\n${BODY}`, 400],
    ["a tunnel", `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n${BODY}`, 405],
  ])("%s", async (_what, text, status) => {
    await using alone = await startAlone();
    using client = await connectRaw(alone, text);
    const { seen, error } = await sendOn(client);
    expect(answersOf(seen).map((answer) => answer.status)).toEqual([status]);
    expect(JSON.parse(answersOf(seen)[0]?.body ?? "")).toMatchObject({ status });
    expect(error).toBeUndefined();
  });

  test("but not for ever: one that goes on is cut", async () => {
    await using alone = await startAlone();
    using client = await connectRaw(alone, "GET / HTTP/1.1\r\n\r\n");
    client.socket.allowHalfOpen = true;
    await client.wait((seen) => seen.endsWith("}\n"));
    const sender = setInterval(() => client.send("more"), 50);
    try {
      await client.closed();
    } finally {
      clearInterval(sender);
    }
    expect(await alone.lines(1)).toHaveLength(1);
  });
});

/** Answers `/slow…` when the test says so, and `/early` without reading the body; all else at once. */
function slowCore(): { core: Core; release(path: string): void; aborted: string[]; seen: string[] } {
  const waiting = new Map<string, ServerResponse>();
  const aborted: string[] = [];
  const seen: string[] = [];
  return {
    aborted,
    seen,
    core(request, answer) {
      const path = request.url ?? "";
      const http1 = answer as ServerResponse;
      seen.push(path);
      request.on("error", () => undefined);
      request.on("aborted", () => aborted.push(path));
      request.resume();
      waiting.set(path, http1);
      if (path === "/early") http1.end("early");
      if (path === "/begun") {
        http1.writeHead(200, { "Content-Length": "10" });
        http1.write("half ");
      }
    },
    release(path) {
      waiting.get(path)?.end(`${path.slice(1).padEnd(5)}`);
    },
  };
}

describe("a refusal is never put into an answer that is under way", () => {
  const slow = (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`;

  test.each([
    ["not HTTP", "nonsense\r\n\r\n"],
    ["without a Host", "GET /bad HTTP/1.1\r\n\r\n"],
    ["a tunnel", `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`],
  ])("a request behind others that is %s is refused after their answers", async (_what, bad) => {
    const { core, release, seen } = slowCore();
    await using alone = await startAlone({}, core);
    using client = await connectRaw(alone, `${slow("/slow1")}${slow("/slow2")}${bad}${slow("/never")}`);
    for (const path of ["/slow1", "/slow2"]) {
      await poll(path, () => seen.includes(path));
      release(path);
    }
    const answers = answersOf(await client.closed());
    expect(answers.map(({ body }) => body).slice(0, 2)).toEqual(["slow1", "slow2"]);
    expect(answers[2]?.status).toBeGreaterThanOrEqual(400);
    expect(answers).toHaveLength(3);
    expect(seen).toEqual(["/slow1", "/slow2"]);
    expect((await alone.lines(3)).map(({ route }) => route)).toEqual(["core", "core", "refused"]);
  });

  test("one whose body is broken gets its own answer, behind the others, and the one line of the log", async () => {
    const { core, release, seen } = slowCore();
    await using alone = await startAlone({}, core);
    using client = await connectRaw(alone, `${slow("/slow1")}${CHUNKED}nonsense\r\n`);
    await poll("the first request", () => seen.length === 1);
    release("/slow1");
    const answers = answersOf(await client.closed());
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    expect(await alone.lines(2)).toEqual([
      expect.objectContaining({ path: "/slow1", status: 200 }),
      expect.objectContaining({ path: "/upload", status: 400, failure: "bad-request", complete: true }),
    ]);
  });

  test("one whose body is broken after its answer has begun is cut", async () => {
    const { core } = slowCore();
    await using alone = await startAlone({}, core);
    const begun = CHUNKED.replace("/upload", "/begun");
    using client = await connectRaw(alone, begun);
    await client.wait((seen) => seen.endsWith("half "));
    client.send("nonsense\r\n");
    expect((await client.closed()).endsWith("half ")).toBe(true);
    expect(await alone.lines(1)).toEqual([expect.objectContaining({ complete: false })]);
  });

  test("one whose body is broken after its whole answer is cut too: another answer would be taken for the next", async () => {
    const { core } = slowCore();
    await using alone = await startAlone({}, core);
    using client = await connectRaw(alone, CHUNKED.replace("/upload", "/early"));
    await client.wait((seen) => seen.endsWith("early"));
    client.send("nonsense\r\n");
    expect((await client.closed()).endsWith("early")).toBe(true);
  });

  test("what follows a request with Connection: close is not looked at (RFC 9112 section 9.6)", async () => {
    const { core, release, seen } = slowCore();
    await using alone = await startAlone({}, core);
    const last = `GET /slow1 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
    using client = await connectRaw(alone, `${last}nonsense\r\n\r\n`);
    await poll("the request", () => seen.length === 1);
    release("/slow1");
    expect(answersOf(await client.closed()).map(({ body }) => body)).toEqual(["slow1"]);
  });
});

describe("a client that closes its side", () => {
  test("in the middle of a body has aborted: nobody is there to be answered", async () => {
    const { core, aborted } = slowCore();
    await using alone = await startAlone({}, core);
    using client = await connectRaw(alone, `${CHUNKED}5\r\nhello\r\n`);
    client.socket.end();
    await poll("the abort", () => aborted.includes("/upload"));
    expect(await client.closed()).toBe("");
    expect(await alone.lines(1)).toEqual([expect.objectContaining({ status: 0, complete: false })]);
  });

  test("in the middle of a head leaves a line in the log", async () => {
    await using alone = await startAlone();
    using client = await connectRaw(alone, `GET / HTTP/1.1\r\n${HOST}`);
    client.socket.end();
    await client.closed();
    expect(await alone.lines(1)).toEqual([expect.objectContaining({ route: "refused", status: 400 })]);
  });

  test("having sent nothing leaves none", async () => {
    await using alone = await startAlone();
    using client = await connectRaw(alone);
    client.socket.end();
    await client.closed();
    await requestOver(alone);
    expect(await alone.lines(1)).toEqual([expect.objectContaining({ path: "/later" })]);
  });

  async function requestOver(alone: Alone): Promise<void> {
    using other = await connectRaw(alone, `GET /later HTTP/1.1\r\n${HOST}\r\n`);
    await other.wait((seen) => seen.endsWith("target /later"));
  }
});
