import { describe, expect, test } from "vitest";
import { connectRawHttp2, FLAG, FRAME, frame, headerBlock, requestFields } from "../../listener/raw-http2.ts";
import { connectRaw } from "../../support/front.ts";
import { onlyValue, readMessages } from "../../support/messages.ts";
import { poll } from "../../support/poll.ts";
import { closedState, HTTP1, HTTP2, namesOf, OK, ROUTES, startScene } from "./scene.ts";

/** A request that would be a second one if the body of the first lost its framing. */
const HIDDEN = "GET /secret HTTP/1.1\r\nHost: core\r\n\r\n";

describe("1. a request with a Content-Length and a Transfer-Encoding is refused (RFC 9112 section 6.3)", () => {
  test.each(HTTP1)("$name: 400, and the connection ends", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    using client = await connectRaw(
      scene.front,
      `POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    );
    expect((await client.closed()).match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
    expect(scene.count()).toBe(0);
  });

  test.each([
    ["a Transfer-Encoding", [["transfer-encoding", "chunked"]], 2],
    ["a Content-Length that is too small", [["content-length", "2"]], HIDDEN.length],
    ["a Content-Length that is too large", [["content-length", "200"]], HIDDEN.length],
  ] as const)(
    "over HTTP/2: %s makes the stream malformed (RFC 9113 sections 8.1.1 and 8.2.2)",
    async (_what, more, bytes) => {
      await using scene = await startScene(HTTP2);
      using client = await connectRawHttp2(scene.front);
      const block = headerBlock([...requestFields("POST", "/"), ...more]);
      client.send(
        frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, block),
        frame(FRAME.DATA, FLAG.END_STREAM, 1, Buffer.from(HIDDEN.slice(0, bytes))),
      );
      await client.frame("the reset", ({ type }) => type === FRAME.RST_STREAM || type === FRAME.GOAWAY);
      await poll("nothing in flight", () => scene.front.forwarder.inFlight === 0);
      // What reached the core, if anything, is the beginning of one request, and its end never comes.
      for (const connection of scene.core.connections) {
        const state = closedState(connection);
        await poll("the core's connection to close", () => state.isClosed);
        const { messages } = readMessages(connection.received(), () => "request");
        expect(messages.filter(({ isComplete }) => isComplete)).toEqual([]);
      }
    },
  );
});

describe("2. a body never goes to the core without its framing, whatever the method and whatever Connection names", () => {
  describe.each(ROUTES)("$name", (route) => {
    test.each(["GET", "HEAD", "PATCH"])("%s", async (method) => {
      await using scene = await startScene(route);
      await scene.ask({ method, body: HIDDEN });
      const { message } = await scene.arrived();
      expect(message).toMatchObject({ framing: "chunked", body: HIDDEN });
      await scene.ask({ method, body: HIDDEN, length: HIDDEN.length });
      expect((await scene.arrived(1)).message).toMatchObject({ framing: "length", body: HIDDEN });
      expect(scene.count()).toBe(2);
    });
  });

  test.each(HTTP1)("$name: Connection takes away neither Host nor the framing", async (route) => {
    await using scene = await startScene(route);
    const fields = [["Connection", "host, content-length, transfer-encoding, content-type"]] as const;
    await scene.ask({ method: "POST", body: HIDDEN, length: HIDDEN.length, fields });
    const { message } = await scene.arrived();
    expect(message).toMatchObject({ framing: "length", body: HIDDEN });
    expect(onlyValue(message.fields, "host")).toBe("app");
  });
});

describe("3. a chunked DELETE or OPTIONS is never given a Content-Length of 0 (CVE-2026-29057)", () => {
  describe.each(ROUTES)("$name", (route) => {
    test.each(["DELETE", "OPTIONS"])("%s", async (method) => {
      await using scene = await startScene(route, { answers: [OK] });
      const talk = await scene.ask({ method, body: HIDDEN });
      expect(await talk.reply()).toMatchObject({ status: 200, body: "ok" });
      const { message } = await scene.arrived();
      expect(namesOf(message.fields)).not.toContain("content-length");
      expect(onlyValue(message.fields, "transfer-encoding")).toBe("chunked");
      expect(scene.count()).toBe(1);
    });
  });
});

describe("4. a request with more than one Host is refused (RFC 9112 section 3.2)", () => {
  test.each(HTTP1)("$name", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    const talk = await scene.ask({ fields: [["host", "other"]] });
    expect(await talk.reply()).toMatchObject({ status: 400 });
    expect(scene.count()).toBe(0);
  });

  test("over HTTP/2: a Host beside :authority says nothing (RFC 9113 section 8.3.1)", async () => {
    await using scene = await startScene(HTTP2, { answers: [OK] });
    const talk = await scene.ask({ fields: [["host", "other"]] });
    const { status } = await talk.reply();
    if (status === 200) expect(onlyValue((await scene.arrived()).message.fields, "host")).toBe("app");
    else expect(status).toBe(400);
  });
});

describe("5. the forms of the request target (RFC 9112 section 3.2):", () => {
  test.each(HTTP1)("$name: the authority of an absolute form replaces the Host", async (route) => {
    await using scene = await startScene(route);
    await scene.ask({ target: "http://other.example:81//a?b" });
    const { message } = await scene.arrived();
    expect(message.start).toBe("GET //a?b HTTP/1.1");
    expect(onlyValue(message.fields, "host")).toBe("other.example:81");
    expect(onlyValue(message.fields, "x-forwarded-host")).toBe("other.example:81");
  });

  test.each(ROUTES)("$name: * is for OPTIONS, and goes out as it is", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    const talk = await scene.ask({ method: "OPTIONS", target: "*" });
    expect((await talk.reply()).status).toBe(200);
    expect((await scene.arrived()).message.start).toBe("OPTIONS * HTTP/1.1");
  });

  test.each(ROUTES)("$name: * is for no other method", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    const talk = await scene.ask({ target: "*" });
    const { status } = await talk.reply();
    expect([0, 400]).toContain(status);
    expect(scene.count()).toBe(0);
  });

  test.each(HTTP1)("$name: CONNECT is answered 405, and no tunnel is made", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask({ method: "CONNECT", target: "other.example:443" });
    expect(await talk.reply()).toMatchObject({ status: 405 });
    expect(scene.core.connections).toHaveLength(0);
  });

  test("over HTTP/2: CONNECT is answered 405 too", async () => {
    await using scene = await startScene(HTTP2);
    using client = await connectRawHttp2(scene.front);
    const block = headerBlock([
      [":method", "CONNECT"],
      [":authority", "other.example:443"],
    ]);
    client.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, block));
    const { payload } = await client.frame("the answer", ({ type }) => type === FRAME.HEADERS);
    expect(payload.toString("latin1")).toMatch(/405|GET, HEAD/);
    expect(scene.core.connections).toHaveLength(0);
  });
});

describe("6. fields of one connection are not forwarded, either way, nor those that Connection names (RFC 9110 section 7.6.1)", () => {
  const ANSWER = [
    "HTTP/1.1 200 OK",
    "Connection: x-core-only, keep-alive",
    "X-Core-Only: 1",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "Upgrade: h2c",
    "X-Kept: 1",
    "Content-Length: 2",
    "",
    "ok",
  ].join("\r\n");

  test.each(HTTP1)("$name", async (route) => {
    await using scene = await startScene(route, { answers: [ANSWER] });
    const talk = await scene.ask({
      fields: [
        ["Connection", "close , X-Drop"],
        ["connection", "x-drop-too"],
        ["X-Drop", "1"],
        ["x-Drop-Too", "1"],
        ["Keep-Alive", "timeout=5"],
        ["Proxy-Connection", "keep-alive"],
        ["TE", "gzip"],
        ["Upgrade", "x"],
        ["X-Kept", "1"],
      ],
    });
    const { fields } = await talk.reply();
    const sent = namesOf((await scene.arrived()).message.fields);
    expect(sent).toContain("x-kept");
    for (const name of ["x-drop", "x-drop-too", "keep-alive", "proxy-connection", "te", "upgrade"])
      expect(sent).not.toContain(name);
    const got = namesOf(fields);
    expect(got).toContain("x-kept");
    for (const name of ["x-core-only", "proxy-connection", "upgrade"]) expect(got).not.toContain(name);
    expect(onlyValue(fields, "keep-alive")).not.toBe("timeout=5");
    expect(onlyValue(fields, "connection")).toBe("close");
  });

  test("over HTTP/2: none of the core's reach the client", async () => {
    await using scene = await startScene(HTTP2, { answers: [ANSWER] });
    const talk = await scene.ask();
    const { status, fields } = await talk.reply();
    expect(status).toBe(200);
    expect(namesOf(fields)).toContain("x-kept");
    for (const name of ["connection", "x-core-only", "keep-alive", "proxy-connection", "upgrade"])
      expect(namesOf(fields)).not.toContain(name);
  });

  test.each(ROUTES)("$name: TE: trailers is said anew (RFC 9110 section 10.1.4)", async (route) => {
    await using scene = await startScene(route);
    const isHttp1 = route.version === "1.1";
    await scene.ask({
      fields: isHttp1
        ? [
            ["TE", "trailers, gzip"],
            ["Connection", "TE"],
          ]
        : [["te", "trailers"]],
    });
    const { fields } = (await scene.arrived()).message;
    expect(onlyValue(fields, "te")).toBe("trailers");
    expect(onlyValue(fields, "connection")).toMatch(/^TE\b/);
  });
});

describe("7. trailers travel both ways (RFC 9110 section 6.5)", () => {
  const ANSWER =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n2\r\nok\r\n0\r\nX-End: 7\r\nx-more: a\r\nX-More: b\r\n\r\n";

  test.each(ROUTES)("$name", async (route) => {
    await using scene = await startScene(route, { answers: [ANSWER] });
    const talk = await scene.ask({
      method: "POST",
      fields: [
        ["te", "trailers"],
        ["trailer", "x-sum"],
      ],
      body: "hi",
      trailers: [["x-sum", "42"]],
    });
    const reply = await talk.reply();
    const { message } = await scene.arrived();
    expect(message).toMatchObject({ body: "hi", trailers: [["x-sum", "42"]] });
    expect(onlyValue(message.fields, "trailer")).toBe("x-sum");
    expect(reply).toMatchObject({ body: "ok", isComplete: true });
    expect(onlyValue(reply.fields, "trailer")).toBe("X-End");
    expect(onlyValue(reply.trailers, "x-end")).toBe("7");
    const more = reply.trailers.filter(([name]) => name.toLowerCase() === "x-more").map(([, value]) => value);
    expect(more.join(", ")).toBe("a, b");
  });

  test.each(ROUTES)("$name: a Trailer without chunks announces nothing, and harms nobody", async (route) => {
    const answer = "HTTP/1.1 200 OK\r\nTrailer: X-End\r\nContent-Length: 2\r\n\r\nok";
    await using scene = await startScene(route, { answers: [answer] });
    const talk = await scene.ask({ fields: [["Trailer", "x"]] });
    const reply = await talk.reply();
    expect(reply).toMatchObject({ status: 200, body: "ok" });
    expect(namesOf(reply.fields)).not.toContain("trailer");
    expect(namesOf((await scene.arrived()).message.fields)).not.toContain("trailer");
    expect((await (await scene.ask()).reply()).status).toBe(200);
  });
});

describe("8. Expect: 100-continue is the core's to decide (RFC 9110 section 10.1.1)", () => {
  const ASK = {
    method: "POST",
    fields: [
      ["Expect", "100-Continue"],
      ["X-Forwarded-For", "6.6.6.6"],
    ],
    body: { open: true },
    length: 2,
  } as const;

  test.each(ROUTES)("$name: its 100 is what lets the body come", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask(ASK);
    const { message, answer, connection } = await scene.arrived(0, () => true);
    // No header of ours may be left out because of it.
    expect(onlyValue(message.fields, "x-forwarded-for")).toBe("127.0.0.1");
    expect(onlyValue(message.fields, "expect")).toBe("100-Continue");
    expect(talk.interim()).toEqual([]);
    answer("HTTP/1.1 100 Continue\r\n\r\n");
    await poll("the 100", () => talk.interim().some(({ status }) => status === 100));
    talk.write("hi");
    talk.end();
    await connection.wait((text) => text.endsWith("\r\n\r\nhi"));
    answer(OK);
    expect(await talk.reply()).toMatchObject({ status: 200, body: "ok", isComplete: true });
    expect(talk.interim()).toHaveLength(1);
  });

  test.each(ROUTES)("$name: its refusal arrives, and no 100 before it", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask(ASK);
    const { answer } = await scene.arrived(0, () => true);
    answer("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
    await poll("the refusal", () => talk.sofar()?.body === "big");
    expect(talk.sofar()).toMatchObject({ status: 413, interim: [] });
  });

  test.each(ROUTES)("$name: any other expectation is a 417 of ours", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask({ ...ASK, fields: [["Expect", "tea"]], body: "hi" });
    expect((await talk.reply()).status).toBe(417);
    expect(scene.core.connections).toHaveLength(0);
  });
});

describe("9. every interim answer is forwarded at once, in its order (RFC 9110 section 15.2)", () => {
  test.each(ROUTES)("$name", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask();
    const { answer } = await scene.arrived();
    answer("HTTP/1.1 102 Processing\r\n\r\n");
    await poll("the first", () => talk.interim().length === 1);
    answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\nConnection: x-own\r\nX-Own: 1\r\n\r\n");
    await poll("the second", () => talk.interim().length === 2);
    answer(`HTTP/1.1 199 Own\r\nX: y\r\n\r\n${OK}`);
    expect(await talk.reply()).toMatchObject({ status: 200, body: "ok", isComplete: true });
    expect(talk.interim().map(({ status }) => status)).toEqual([102, 103, 199]);
    const hints = talk.interim()[1]?.fields ?? [];
    expect(hints.map(([name, value]) => `${name.toLowerCase()}: ${value}`)).toEqual([
      "link: </a>",
      "link: </b>",
    ]);
  });

  test("but not to HTTP/1.0, which knows none", async () => {
    await using scene = await startScene(HTTP2, { answers: [`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`] });
    using client = await connectRaw(scene.front, "GET / HTTP/1.0\r\nHost: app\r\n\r\n");
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("10. HEAD, 204 and 304 have no body, whatever their fields say (RFC 9110 sections 8.6, 9.3.2, 15.3.5, 15.4.5)", () => {
  const NEXT = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";

  describe.each(ROUTES)("$name", (route) => {
    test.each([
      ["HEAD with a length", "HEAD", "200 OK\r\nContent-Length: 9999", "9999"],
      ["HEAD of chunks", "HEAD", "200 OK\r\nTransfer-Encoding: chunked", undefined],
      ["304 with a length", "GET", "304 Not Modified\r\nContent-Length: 9999", "9999"],
      ["204", "GET", "204 No Content", undefined],
      ["204 with a length", "GET", "204 No Content\r\nContent-Length: 0", undefined],
    ])("%s", async (_what, method, head, length) => {
      await using scene = await startScene(route, { answers: [`HTTP/1.1 ${head}\r\n\r\n`, NEXT] });
      const client = await scene.client();
      const reply = await client.ask({ method }).reply();
      expect(reply).toMatchObject({ status: Number(head.slice(0, 3)), body: "", isComplete: true });
      expect(onlyValue(reply.fields, "content-length")).toBe(length);
      expect(await client.ask().reply()).toMatchObject({ status: 200, body: "next" });
      expect(scene.core.connections).toHaveLength(1);
    });
  });
});
