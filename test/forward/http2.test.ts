import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { describe, expect, test } from "vitest";
import { type Front, type RawConnection, startFront, startRawCore, unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const hasHead = (text: string) => text.includes("\r\n\r\n");
const always = (answer: string) => (connection: RawConnection) => {
  connection.socket.on("data", () => connection.socket.write(answer));
};

interface Answer {
  headers: IncomingHttpHeaders & { ":status"?: number };
  interim: number[];
  trailers: IncomingHttpHeaders | undefined;
  body: string;
  /** The code the stream was closed with; 0 is an orderly end. */
  rstCode: number;
}

interface Client extends Disposable {
  /** What has come of the bodies of all answers. */
  received(): string;
  readonly session: ClientHttp2Session;
  ask(
    headers: Record<string, string | string[]>,
    body?: string,
    trailers?: Record<string, string>,
  ): Promise<Answer>;
}

function open(front: Front): Client {
  const session = connect(`https://127.0.0.1:${front.port}`, { ca: front.ca });
  session.on("error", () => undefined);
  let received = "";
  return {
    session,
    received: () => received,
    ask(headers, body, trailers) {
      const stream = session.request(headers, {
        endStream: body === undefined,
        waitForTrailers: trailers !== undefined,
      });
      const answer: Answer = { headers: {}, interim: [], trailers: undefined, body: "", rstCode: 0 };
      stream.on("headers", (fields) => answer.interim.push(Number(fields[":status"])));
      stream.on("response", (fields) => Object.assign(answer, { headers: fields }));
      stream.on("trailers", (fields) => Object.assign(answer, { trailers: fields }));
      stream.on("wantTrailers", () => stream.sendTrailers(trailers ?? {}));
      stream.on("data", (chunk) => {
        answer.body += String(chunk);
        received += String(chunk);
      });
      stream.on("error", () => undefined);
      if (body !== undefined) stream.end(body);
      return new Promise((resolve) => {
        stream.on("close", () => resolve({ ...answer, rstCode: stream.rstCode ?? 0 }));
      });
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

describe("over HTTP/2", () => {
  test("a request reaches the core as HTTP/1.1: Host, joined cookies, exact target, who the client is", async () => {
    await using core = await startRawCore(always(OK));
    await using front = await startFront(core.port);
    using client = open(front);
    const answer = await client.ask({
      ":path": "//a/%2e?b",
      ":authority": "app.example:8443",
      cookie: ["a=1", "b=2"],
      "x-forwarded-for": "6.6.6.6",
    });
    expect(answer).toMatchObject({ body: "ok", rstCode: 0 });
    const seen = core.connections[0]?.received() ?? "";
    expect(seen).toMatch(/^GET \/\/a\/%2e\?b HTTP\/1\.1\r\nHost: app\.example:8443\r\n/);
    expect(seen).toContain("cookie: a=1; b=2\r\n");
    expect(seen).toContain("X-Forwarded-For: 127.0.0.1\r\n");
    expect(seen).toMatch(/^Via: 2\.0 tickbird\r$/m);
    expect(seen).not.toMatch(/6\.6\.6\.6|^:/m);
  });

  test("a body without a length is framed by chunks, one with a length by it", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = open(front);
    const asked = client.ask({ ":path": "/a", ":method": "DELETE" }, "GET /secret HTTP/1.1\r\n\r\n");
    const first = await core.connection(0);
    const seen = await first.wait((text) => text.endsWith("0\r\n\r\n"));
    expect(seen).toMatch(/^Transfer-Encoding: chunked\r$/m);
    first.socket.write(OK);
    await asked;
    const again = client.ask({ ":path": "/b", ":method": "POST", "content-length": "2" }, "hi");
    // What can't be sent twice goes on a connection of its own, as long as the core is not known.
    const second = await core.connection(1);
    expect(await second.wait((text) => text.endsWith("\r\n\r\nhi"))).toMatch(/^content-length: 2\r$/im);
    second.socket.write(OK);
    await again;
  });

  test.each(["GET", "COPY", "POST"])(
    "a %s that ends by an empty frame of its own has no body",
    async (method) => {
      await using core = await startRawCore(always(OK));
      await using front = await startFront(core.port);
      using client = open(front);
      const stream = client.session.request({ ":path": "/", ":method": method }, { endStream: false });
      let body = "";
      stream.on("data", (chunk) => {
        body += String(chunk);
      });
      // In a later turn of the loop, so that the head is on its way before there is an end.
      setImmediate(() => setImmediate(() => stream.end()));
      await poll("the answer", () => body === "ok");
      const seen = core.connections[0]?.received() ?? "";
      expect(seen).not.toMatch(/transfer-encoding/i);
      if (method === "POST") expect(seen).toMatch(/^Content-Length: 0\r$/m);
    },
  );

  test("a client that waits for the answer before it sends its body gets one", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = open(front);
    const stream = client.session.request({ ":path": "/", ":method": "POST" });
    let status = 0;
    stream.on("response", (fields) => {
      status = Number(fields[":status"]);
    });
    stream.resume();
    const connection = await core.connection(0);
    expect(await connection.wait(hasHead)).toMatch(/^Transfer-Encoding: chunked\r$/m);
    connection.socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    await poll("the head", () => status === 200);
    stream.write("hi");
    await connection.wait((text) => text.endsWith("2\r\nhi\r\n"));
    stream.end();
    await connection.wait((text) => text.endsWith("0\r\n\r\n"));
  });

  test("interim answers, trailers both ways, duplicates and HEAD are right", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = open(front);
    const asked = client.ask({ ":path": "/", ":method": "POST", te: "trailers" }, "hi", { "x-sum": "1" });
    const connection = await core.connection(0);
    const seen = await connection.wait((text) => text.endsWith("x-sum: 1\r\n\r\n"));
    expect(seen).toMatch(/^TE: trailers\r$/m);
    connection.socket.write(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-End: 7\r\n\r\n",
    );
    const answer = await asked;
    expect(answer).toMatchObject({ body: "ok", interim: [103], trailers: { "x-end": "7" }, rstCode: 0 });
    expect(answer.headers["set-cookie"]).toEqual(["a", "b"]);
    const head = client.ask({ ":path": "/", ":method": "HEAD" });
    await connection.wait((text) => text.includes("HEAD /"));
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    expect((await head).headers).toMatchObject({ ":status": 200, "content-length": "77" });
  });

  test("an answer cut short ends with an error, never as complete", async () => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () =>
        connection.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"),
      );
    });
    await using front = await startFront(core.port);
    using client = open(front);
    const answer = await client.ask({ ":path": "/" });
    expect(answer.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  });

  test("an answer without a length that is cut short later ends with an error, never as complete", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = open(front);
    const answer = client.ask({ ":path": "/" });
    const connection = await core.connection(0);
    await connection.wait((text) => text.endsWith("\r\n\r\n"));
    connection.socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    // Long enough for it to have gone to the client, and so for nothing to hold an orderly end back.
    await poll("the first part to be passed on", () => client.received() === "half");
    connection.socket.destroy();
    expect((await answer).rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  });

  test("an answer before the whole request was sent arrives whole", async () => {
    await using core = await startRawCore((connection) => {
      connection.socket.once("data", () =>
        connection.socket.end("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig"),
      );
    });
    await using front = await startFront(core.port);
    using client = open(front);
    const answer = await client.ask({ ":path": "/", ":method": "POST" }, "x".repeat(500_000));
    expect(answer.headers[":status"]).toBe(413);
    expect(answer.body).toBe("big");
  });

  test("a stream that the client resets frees the core", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = open(front);
    const stream = client.session.request({ ":path": "/" });
    stream.on("error", () => undefined);
    const connection = await core.connection(0);
    await connection.wait(hasHead);
    let isClosed = false;
    connection.socket.once("close", () => {
      isClosed = true;
    });
    stream.close(constants.NGHTTP2_CANCEL);
    await poll("the core's connection to close", () => isClosed);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  });

  test("events of a stream arrive when they are sent", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = open(front);
    const stream = client.session.request({ ":path": "/" });
    let text = "";
    let status = 0;
    stream.on("response", (fields) => {
      status = Number(fields[":status"]);
    });
    stream.on("data", (chunk) => {
      text += String(chunk);
    });
    stream.on("error", () => undefined);
    const connection = await core.connection(0);
    await connection.wait(hasHead);
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    await poll("the head", () => status === 200);
    for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
      connection.socket.write(event);
      await poll("the event", () => text.endsWith(event));
    }
  });

  test("a core that is not there is a 503, and the gate stands", async () => {
    await using front = await startFront(await unusedPort());
    using client = open(front);
    const down = await client.ask({ ":path": "/" });
    expect(down.headers).toMatchObject({
      ":status": 503,
      "retry-after": "2",
      "sidecar-error": "core-unavailable",
    });
    expect((await client.ask({ ":path": "/_sidecar/x" })).body).toBe("ours");
    expect((await client.ask({ ":path": "/%5fsidecar/x" })).headers[":status"]).toBe(404);
    expect((await client.ask({ ":method": "CONNECT", ":authority": "x:1" }, "")).headers[":status"]).toBe(
      405,
    );
  });

  test("at most 100 streams at once are offered", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port);
    using client = open(front);
    await poll("the settings", () => client.session.remoteSettings.maxConcurrentStreams === 100);
  });

  test.each([
    ["before the answer", "", 0],
    ["in the middle of it", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 4],
  ])(
    "streams that a client ends without an error, %s, keep no place in its session",
    async (_when, beginning, bytes) => {
      await using core = await startRawCore((connection) => {
        connection.socket.on("data", (head) => {
          connection.socket.write(String(head).includes("/last") ? OK : beginning);
        });
      });
      await using front = await startFront(core.port, { limits: { maxStreams: 20 } });
      using client = open(front);
      // More than may be open at once.
      for (let count = 0; count < 40; count += 1) {
        const stream = client.session.request({ ":path": "/" });
        let received = 0;
        stream.on("data", (data: Buffer) => {
          received += data.length;
        });
        stream.on("error", () => undefined);
        const isThere = () => (bytes > 0 ? received === bytes : core.connections.length > count);
        await poll("the request to be under way", isThere, { intervalMs: 2 });
        stream.close(constants.NGHTTP2_NO_ERROR);
        await poll("nothing in flight", () => front.forwarder.inFlight === 0, { intervalMs: 2 });
      }
      expect(await client.ask({ ":path": "/last" })).toMatchObject({ body: "ok", rstCode: 0 });
    },
  );
});
