import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { connect } from "node:http2";
import { request } from "node:https";
import { describe, expect, test } from "vitest";
import { connectRaw, type Front, listenLocally, startFront, startRawCore, WAYS } from "../support/front.ts";
import { poll } from "../support/poll.ts";

/** Apps that answer, or begin to, before they have the whole request. */

/** Far more than all buffers on the way hold. */
const BODY = Buffer.alloc(16_000_000, "x");

async function startCore(answer: RequestListener): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer(answer);
  const port = await listenLocally(server);
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

const echo: RequestListener = (incoming, answer) => {
  answer.writeHead(200);
  incoming.pipe(answer);
};

describe("an app that sends back what it is sent, piece by piece, gets all of it", () => {
  test.each(WAYS)("over HTTP/1.1 %s", async (_way, start) => {
    await using core = await startCore(echo);
    await using front = await start(core.port);
    let bytes = 0;
    let isOver = false;
    const asked = request({
      host: "127.0.0.1",
      port: front.port,
      ca: front.ca,
      method: "POST",
      agent: false,
    });
    asked.setHeader("Content-Length", BODY.length);
    asked.on("response", (answer) => {
      answer.on("data", (data: Buffer) => {
        bytes += data.length;
      });
      answer.on("end", () => {
        isOver = true;
      });
    });
    asked.on("error", () => undefined);
    asked.end(BODY);
    await poll("the answer to be over", () => isOver);
    expect(bytes).toBe(BODY.length);
  });

  test("over HTTP/2", async () => {
    await using core = await startCore(echo);
    await using front = await startFront(core.port);
    using session = openSession(front);
    const stream = session.post();
    let bytes = 0;
    let isOver = false;
    stream.on("data", (data: Buffer) => {
      bytes += data.length;
    });
    stream.on("end", () => {
      isOver = true;
    });
    await poll("the answer to be over", () => isOver);
    expect(bytes).toBe(BODY.length);
  });
});

test("streams of HTTP/2 whose body the app did not want are over all the same: others take their places", async () => {
  const unanswered: ServerResponse[] = [];
  await using core = await startCore((incoming, answer) => {
    if (incoming.method === "GET") answer.end("well");
    else unanswered.push(answer);
  });
  const maxStreams = 4;
  await using front = await startFront(core.port, { limits: { maxStreams } });
  using session = openSession(front);
  let closed = 0;
  for (let count = 0; count < maxStreams; count += 1) {
    const stream = session.post();
    stream.on("close", () => {
      closed += 1;
    });
    const answer = await poll("the request", () => unanswered.pop());
    let waiting = -1;
    const isHeldBack = () => {
      const before = waiting;
      waiting = stream.writableLength;
      return waiting === before && waiting > 0;
    };
    await poll("the client to be held back", isHeldBack, { intervalMs: 100 });
    answer.writeHead(413).end("too large");
    expect(await statusOf(stream)).toBe(413);
  }
  expect(await statusOf(session.client.request({ ":path": "/" }))).toBe(200);
  await poll("the streams to be over", () => closed === maxStreams);
});

test.each(WAYS)("a body that goes on after the answer has begun is not cut, %s", async (_way, start) => {
  const idleTimeoutMs = 300;
  await using core = await startRawCore(({ socket }) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"));
  });
  await using front = await start(core.port, { core: { idleTimeoutMs } });
  using client = await connectRaw(front, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 9999999\r\n\r\n.");
  const connection = await core.connection(0);
  await client.wait((text) => text.includes("200 OK"));
  const startedMs = performance.now();
  for (let sent = 1; performance.now() - startedMs < 3 * idleTimeoutMs; sent += 1) {
    client.send("x");
    await connection.wait((text) => text.endsWith(`.${"x".repeat(sent)}`));
  }
  expect(client.socket.destroyed).toBe(false);
  expect(front.forwarder.inFlight).toBe(1);
});

test.each(WAYS)(
  "a connection goes on after a body that was too slow at its very end, %s",
  async (_way, start) => {
    await using core = await startRawCore(({ socket }) => {
      socket.on("data", (data) => {
        if (String(data).startsWith("GET")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");
      });
    });
    const limits = { bodyIdleMs: 1_000, bodyMinBytesPerSecond: 1_000_000 };
    await using front = await start(core.port, { limits });
    using client = await connectRaw(front, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 12\r\n\r\n.");
    const startedMs = performance.now();
    // Up to 1,000 ms any speed will do, and then this one is too low: seen with the last byte, and not before.
    for (const atMs of [100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1_100]) {
      await poll("it is time", () => performance.now() - startedMs >= atMs);
      client.send("x");
    }
    await client.wait((text) => text.endsWith("}\n"));
    expect(client.received()).toMatch(/^HTTP\/1\.1 408 [\s\S]*BODY_MIN_BYTES_PER_SECOND/);
    if (/\r\nConnection: close\r\n/i.test(client.received())) return;
    client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    await client.wait((text) => text.endsWith("next"));
  },
);

function openSession(front: Front) {
  const client = connect(`https://127.0.0.1:${front.port}`, { ca: front.ca, maxSessionMemory: 200 });
  client.on("error", () => undefined);
  return {
    client,
    post() {
      const stream = client.request({
        ":method": "POST",
        ":path": "/",
        "content-length": String(BODY.length),
      });
      stream.on("error", () => undefined);
      stream.end(BODY);
      return stream;
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

async function statusOf(stream: ReturnType<ReturnType<typeof openSession>["post"]>): Promise<unknown> {
  let status: unknown;
  stream.on("response", (headers) => {
    status = headers[":status"];
  });
  stream.resume();
  await poll("the answer", () => status !== undefined);
  return status;
}
