import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { AppError } from "../../src/base/errors.ts";
import { createInnerServer } from "../../src/forward/inner/inner-server.ts";
import { clientCertificateName } from "../../src/web/client-certificate.ts";
import type { CoreRequest } from "../../src/web/exchange.ts";
import { clientAddress } from "../../src/web/http-types.ts";
import { newRequestInfo, requestInfo } from "../../src/web/request-info.ts";
import { Fields, NO_FIELDS } from "../../src/web/wire/fields.ts";
import { poll } from "../support/poll.ts";
import { RecordingClient } from "../support/recording-client.ts";

type Ours = (request: IncomingMessage, answer: ServerResponse) => void;

function requestOf(facts: Partial<CoreRequest>, raw: readonly string[] = []): CoreRequest {
  return {
    ...{ method: "GET", target: "/_sidecar/x?y=%2f", authority: "app.example:8443", version: "2.0" },
    ...{ fields: Fields.of(raw), framing: "none", peer: "192.0.2.1", info: newRequestInfo(undefined) },
    ...facts,
  };
}

/** Carries one request to `ours`. */
function carry(ours: Ours, facts: Partial<CoreRequest> = {}, raw: readonly string[] = []) {
  const server = createInnerServer(ours);
  const client = new RecordingClient();
  const request = requestOf(facts, raw);
  const core = server.carry(request, client, "certified");
  core.start();
  return {
    ...{ client, core, request },
    over: () => poll("the answer", () => client.isOver && client),
    [Symbol.dispose]: () => server[Symbol.dispose](),
  };
}

/** Says what `ours` was asked, the body read. */
const echo: Ours = (request, answer) => {
  const pieces: Buffer[] = [];
  request.on("data", (data: Buffer) => pieces.push(data));
  request.on("end", () => {
    const { method, url, rawHeaders, trailers } = request;
    const body = Buffer.concat(pieces).toString();
    answer.end(JSON.stringify({ method, url, rawHeaders, trailers, body }));
  });
};

describe("a request", () => {
  test("of GET is answered, its fields as they came but for those of the connection", async () => {
    const raw = ["Accept", "text/html", "cookie", "a=1", "cookie", "b=2", "x-request-id", "my-id"];
    using call = carry(echo, {}, [...raw, "te", "trailers", "content-length", "0"]);
    const client = await call.over();
    const { status, body, trailers, head } = client;
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({
      ...{ method: "GET", url: "/_sidecar/x?y=%2f", body: "" },
      rawHeaders: ["Host", "app.example:8443", ...raw, "content-length", "0", "Connection", "close"],
    });
    expect(trailers?.names).toEqual([]);
    expect([client.field("connection"), head?.hasDate]).toEqual([undefined, true]);
  });

  test("without an authority has its Host, or none", async () => {
    using first = carry(echo, { authority: undefined }, ["host", "a", "host", "b"]);
    expect(JSON.parse((await first.over()).body.toString())).toMatchObject({
      rawHeaders: ["Host", "a", "Connection", "close"],
    });
    using second = carry(echo, { authority: undefined });
    expect(JSON.parse((await second.over()).body.toString())).toMatchObject({
      rawHeaders: ["Connection", "close"],
    });
  });

  test("of HEAD has the head of the answer, and 204 and 304 have no body", async () => {
    using head = carry((_request, answer) => void answer.end("four"), { method: "HEAD" });
    const { client } = head;
    await head.over();
    expect([client.status, client.body.length, client.isEnded]).toEqual([200, 0, true]);
    for (const status of [204, 304]) {
      using call = carry((_request, answer) => void answer.writeHead(status).end());
      await call.over();
      expect(call.client).toMatchObject({ status, isEnded: true, head: { framing: "none" } });
    }
  });

  test("tells who asks: its info, its client's address and the name of the certificate", async () => {
    const seen: unknown[] = [];
    using call = carry((request, answer) => {
      seen.push(requestInfo(request), clientAddress(request), clientCertificateName(request));
      answer.end();
    });
    await call.over();
    expect(seen).toEqual([call.request.info, "192.0.2.1", "certified"]);
    expect(seen[0]).toBe(call.request.info);
    expect(call.request.info.route).toBe("sidecar");
  });

  test.each([
    ["method-unknown", { method: "BREW" }],
    ["method-unknown", { method: "CONNECT" }],
    ["method-unknown", { method: "get" }],
    ["bad-request", { target: "/ HTTP/1.1\r\nX: y\r\n\r\n" }],
    ["bad-request", { target: "/\u010a" }],
    ["bad-request", { authority: "a\r\nX: y" }],
    ["bad-request", { authority: "a\u010d\u010aX: y" }],
  ] as const)("that HTTP/1.1 can't say is refused: %s %j", (code, facts) => {
    using server = createInnerServer(echo);
    const { info, ...request } = requestOf(facts);
    expect(() => server.carry({ ...request, info }, new RecordingClient(), undefined)).toThrow(
      expect.objectContaining({ code }),
    );
    expect(info.route).toBe("sidecar");
  });

  test("that Node's parser refuses is a bad request", async () => {
    const twice = ["content-length", "1", "content-length", "2"];
    using call = carry(echo, { method: "POST", framing: "length" }, twice);
    const { error } = await call.over();
    expect(error).toMatchObject({ code: "bad-request", status: 400 });
    expect(call.core.write(Buffer.from("x"))).toBe(true);
    call.core.abort();
  });

  test("is one of many at once", async () => {
    const held: { request: IncomingMessage; answer: ServerResponse }[] = [];
    using server = createInnerServer((request, answer) => void held.push({ request, answer }));
    const clients = ["/_sidecar/1", "/_sidecar/2"].map((target) => {
      const client = new RecordingClient();
      server.carry(requestOf({ target }), client, undefined).start();
      return client;
    });
    await poll("both", () => held.length === 2);
    for (const { request, answer } of held.reverse()) answer.end(request.url);
    await poll("the answers", () => clients.every(({ isEnded }) => isEnded));
    expect(clients.map(({ body }) => body.toString())).toEqual(["/_sidecar/1", "/_sidecar/2"]);
  });
});

describe("a body", () => {
  test.each([
    ["by its length", "length", ["content-length", "11"]],
    ["in chunks", "chunked", []],
  ] as const)("is delimited %s", async (_way, framing, raw) => {
    using call = carry(echo, { method: "POST", framing }, raw);
    const { core } = call;
    for (const text of ["hello", "", " world"]) core.write(Buffer.from(text));
    core.flush();
    core.end(framing === "chunked" ? Fields.of(["X-Sum", "1"]) : NO_FIELDS);
    const { body } = await call.over();
    expect(JSON.parse(body.toString())).toMatchObject({
      ...{ method: "POST", body: "hello world" },
      trailers: framing === "chunked" ? { "x-sum": "1" } : {},
    });
  });

  test.each(["length", "chunked"] as const)("is held back where nobody reads it: %s", async (framing) => {
    let asked: IncomingMessage | undefined;
    let bytes = 0;
    const total = 4_000_000;
    const raw = framing === "length" ? ["content-length", String(total)] : [];
    const ours: Ours = (request, answer) => {
      asked = request;
      request.on("end", () => answer.end("read"));
    };
    using call = carry(ours, { method: "PUT", framing }, raw);
    const { client, core } = call;
    const piece = Buffer.alloc(100_000, "x");
    let sent = 0;
    const send = () => {
      while (sent < total) {
        sent += piece.length;
        if (!core.write(piece)) return;
      }
    };
    const request = await poll("the request", () => asked);
    // As long as it is asked for more.
    let wants = -1;
    await poll("to be held back", () => {
      const isStill = wants === client.wants && sent > 0;
      if (!isStill) send();
      wants = client.wants;
      return isStill;
    });
    expect(sent).toBeLessThan(total / 4);
    request.on("data", (data: Buffer) => {
      bytes += data.length;
    });
    await poll("all of it", () => {
      if (client.wants > wants) {
        wants = client.wants;
        send();
      }
      return sent === total;
    });
    core.end(NO_FIELDS);
    await call.over();
    expect([bytes, client.body.toString()]).toEqual([total, "read"]);
  });

  test("is asked for by a 100 where the client waits for it", async () => {
    using call = carry(echo, { method: "POST", framing: "chunked" }, ["expect", "100-continue"]);
    const { client, core } = call;
    await poll("the 100", () => client.interims.length > 0 && client.flushes > 0);
    expect(client.head).toBeUndefined();
    core.write(Buffer.from("then"));
    core.end(NO_FIELDS);
    expect(JSON.parse((await call.over()).body.toString())).toMatchObject({ body: "then" });
    expect(client.interims).toEqual([100]);
  });

  test("that never ends does not hinder an early answer, and is not taken any more", async () => {
    let isClosed = false;
    const ours: Ours = (request, answer) => {
      request.socket.once("close", () => {
        isClosed = true;
      });
      answer.writeHead(413).end("too large");
    };
    using call = carry(ours, { method: "POST", framing: "chunked" });
    const { client, core } = call;
    core.write(Buffer.alloc(1_000_000));
    await call.over();
    expect([client.status, client.body.toString()]).toEqual([413, "too large"]);
    expect(core.write(Buffer.alloc(1_000_000))).toBe(true);
    core.end(NO_FIELDS);
    await poll("the connection to be over", () => isClosed);
  });
});

describe("an answer", () => {
  test("goes out as it is written: a stream of events, until the client goes", async () => {
    let answered: ServerResponse | undefined;
    let asked: IncomingMessage | undefined;
    const closed: string[] = [];
    using call = carry((request, answer) => {
      request.on("close", () => closed.push("request"));
      answer.on("close", () => closed.push("answer"));
      answer.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
      asked = request;
      answered = answer;
    });
    const { client, core } = call;
    await poll("the head", () => client.status === 200 && client.flushes > 0);
    for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
      const { flushes } = client;
      answered?.write(event);
      await poll("the event", () => client.body.toString().endsWith(event) && client.flushes > flushes);
    }
    core.abort();
    await poll("the handler to know", () => closed.length === 2);
    expect([asked?.destroyed, answered?.writableFinished]).toEqual([true, false]);
    expect(client.isOver).toBe(false);
    core.abort();
    core.resume();
  });

  test("with its head, body and end is told in one, and finishes for the handler", async () => {
    let isFinished = false;
    using call = carry((_request, answer) => {
      answer.on("finish", () => {
        isFinished = true;
      });
      answer.writeHead(200, { "Content-Length": 4 }).write(Buffer.from("fo"));
      answer.end(Buffer.from("ur"));
    });
    const { body, flushes } = await call.over();
    expect([body.toString(), flushes]).toEqual(["four", 0]);
    await poll("the answer to be finished", () => isFinished);
  });

  test("has its trailers", async () => {
    using call = carry((_request, answer) => {
      answer.writeHead(200, { Trailer: "X-Sum" }).write("x");
      answer.addTrailers({ "X-Sum": "1" });
      answer.end();
    });
    expect((await call.over()).trailers?.raw()).toEqual(["X-Sum", "1"]);
  });

  test("without a length or chunks ends with the connection", async () => {
    using call = carry((_request, answer) => {
      answer.removeHeader("Transfer-Encoding");
      answer.write("all of ");
      answer.end("it");
    });
    const { client } = call;
    await call.over();
    expect([client.head?.framing, client.body.toString(), client.isEnded]).toEqual([
      "close",
      "all of it",
      true,
    ]);
  });

  test.each([
    ["before it begins", (answer: ServerResponse) => answer.destroy()],
    ["with an error", (answer: ServerResponse) => answer.destroy(new Error("broken"))],
    ["in its middle", (answer: ServerResponse) => void answer.write("half", () => answer.destroy())],
    [
      "by a length that it does not keep",
      (answer: ServerResponse) => {
        answer.writeHead(200, { "Content-Length": 9 }).end("half");
      },
    ],
    ["with the request", (answer: ServerResponse) => answer.req.destroy()],
  ])("that is cut %s is failed", async (_how, cut) => {
    using call = carry((request, answer) => {
      request.on("error", () => undefined);
      answer.on("error", () => undefined);
      cut(answer);
    });
    const { error, isEnded } = await call.over();
    expect(error).toBeInstanceOf(AppError);
    expect([error?.code, isEnded]).toEqual(["internal", false]);
  });

  test("is cut when the server is disposed of", async () => {
    let isClosed = false;
    const call = carry((_request, answer) => {
      answer.on("close", () => {
        isClosed = true;
      });
      answer.write("half");
    });
    await poll("the half", () => call.client.body.length > 0);
    call[Symbol.dispose]();
    expect((await call.over()).error?.code).toBe("internal");
    await poll("the handler to know", () => isClosed);
  });

  test("waits for a client that is slow", async () => {
    let answered: ServerResponse | undefined;
    let drains = 0;
    using call = carry((_request, answer) => {
      answer.on("drain", () => {
        drains += 1;
      });
      answered = answer;
    });
    const { client, core } = call;
    client.takes = false;
    const answer = await poll("the request", () => answered);
    const piece = Buffer.alloc(100_000, "x");
    expect(answer.write(piece)).toBe(false);
    await poll("the piece", () => client.body.length === piece.length);
    expect(answer.write(piece)).toBe(false);
    answer.end();
    await poll("to be held back", () => client.flushes > 0 && answer.writableLength >= piece.length);
    expect([drains, client.body.length, client.isEnded]).toEqual([0, piece.length, false]);
    client.takes = true;
    core.resume();
    await call.over();
    expect(client.body.length).toBe(2 * piece.length);
  });

  test("that waits for a slow client drains when it goes on", async () => {
    const total = 3_000_000;
    let drains = 0;
    using call = carry((_request, answer) => {
      const piece = Buffer.alloc(100_000, "x");
      let left = total;
      const send = () => {
        while (left > 0) {
          left -= piece.length;
          if (!answer.write(piece) && left > 0) return;
        }
        answer.end();
      };
      answer.on("drain", () => {
        drains += 1;
        if (left > 0) send();
      });
      send();
    });
    const { client, core } = call;
    client.takes = false;
    let seen = -1;
    await poll("to be held back", () => {
      const isStill = seen === client.body.length && seen > 0;
      seen = client.body.length;
      return isStill;
    });
    expect([seen < total / 4, drains]).toEqual([true, 0]);
    await poll("all of it", () => {
      if (!client.isEnded) core.resume();
      return client.isEnded;
    });
    expect(client.body.length).toBe(total);
    expect(drains).toBeGreaterThan(0);
  });

  test("that the client's side can't say is failed", async () => {
    class Picky extends RecordingClient {
      override begin(): void {
        throw new RangeError("no such status");
      }
    }
    const client = new Picky();
    using server = createInnerServer((_request, answer) => void answer.writeHead(999).end());
    server.carry(requestOf({}), client, undefined).start();
    await poll("the failure", () => client.error);
    expect(client.error?.code).toBe("internal");
  });
});
