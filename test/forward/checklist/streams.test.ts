import { constants } from "node:http2";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { connectRawHttp2, FLAG, FRAME, frame, headerBlock, requestFields } from "../../listener/raw-http2.ts";
import { connectRaw, type RawConnection } from "../../support/front.ts";
import { onlyValue, readMessages } from "../../support/messages.ts";
import { poll } from "../../support/poll.ts";
import { closedState, HTTP1, HTTP2, OK, ROUTES, type Route, startScene, type Talk } from "./scene.ts";

const STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const MEBIBYTE = 1_048_576;

describe("11. a client that goes away frees the core at once", () => {
  test.each(ROUTES)("$name: while it waits for the answer to a request that is sent whole", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask({ method: "POST", body: "hi", length: 2 });
    const { connection } = await scene.arrived();
    await goesAway(scene.front.forwarder, connection, talk);
  });

  test.each(ROUTES)("$name: in the middle of the answer", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask();
    const { connection, answer } = await scene.arrived();
    answer(`${STREAM}7\r\ndata: 1\r\n`);
    await poll("the beginning", () => talk.sofar()?.body === "data: 1");
    await goesAway(scene.front.forwarder, connection, talk);
  });

  test.each(HTTP1)("$name: in the middle of its own body, which never looks complete", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask({ method: "POST", body: { open: true } });
    talk.write("half");
    const { connection } = await scene.arrived(0, ({ body }) => body === "half");
    await goesAway(scene.front.forwarder, connection, talk);
    expect((await scene.arrived(0, () => true)).message.isComplete).toBe(false);
  });

  test.each([
    ["the same", [], "4\r\nhalf\r\n"],
    ["the same, with a length", [["content-length", "100"]], "half"],
  ] as const)("over HTTP/2: %s", async (_what, more, body) => {
    await using scene = await startScene(HTTP2);
    // Node's own client ends the body before it resets the stream.
    using client = await connectRawHttp2(scene.front);
    client.send(
      frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, headerBlock([...requestFields("POST", "/"), ...more])),
      frame(FRAME.DATA, 0, 1, Buffer.from("half")),
    );
    const connection = await scene.core.connection(0);
    await connection.wait((text) => text.endsWith(`\r\n\r\n${body}`));
    const state = closedState(connection);
    client.send(frame(FRAME.RST_STREAM, 0, 1, Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL])));
    await poll("the core's connection to close", () => state.isClosed);
    expect(connection.received()).toMatch(/half(\r\n)?$/);
    await poll("nothing in flight", () => scene.front.forwarder.inFlight === 0);
  });

  async function goesAway(
    forwarder: { readonly inFlight: number },
    connection: RawConnection,
    talk: Talk,
  ): Promise<void> {
    const state = closedState(connection);
    talk.abort();
    await poll("the core's connection to close", () => state.isClosed);
    await poll("nothing in flight", () => forwarder.inFlight === 0);
  }
});

describe("12. an answer that the core cuts short is seen as cut short (RFC 9112 section 8, RFC 9113 section 8.1.1)", () => {
  describe.each(ROUTES)("$name", (route) => {
    test.each([
      ["in a body with a length", "Content-Length: 100\r\n\r\nhalf", "end"],
      ["between two chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "end"],
      ["in the middle of a chunk", "Transfer-Encoding: chunked\r\n\r\n64\r\nhalf", "end"],
      ["in the trailers", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-Su", "end"],
      ["by a reset, in a body with a length", "Content-Length: 100\r\n\r\nhalf", "reset"],
      ["by a reset, in a body that ends with the connection", "X: y\r\n\r\nhalf", "reset"],
    ])("%s", async (_where, rest, how) => {
      await using scene = await startScene(route);
      const talk = await scene.ask();
      const { connection, answer } = await scene.arrived();
      answer(`HTTP/1.1 200 OK\r\n${rest}`);
      await poll("the first half", () => talk.sofar()?.body === "half");
      if (how === "end") connection.socket.end();
      else connection.socket.resetAndDestroy();
      expect(await talk.reply()).toMatchObject({ status: 200, body: "half", isComplete: false });
    });
  });
});

describe("13. an answer that comes before the whole request was sent arrives, though the core closes with the rest unread (RFC 9112 section 9.6)", {
  timeout: 60_000,
}, () => {
  const UPLOAD = "x".repeat(8 * MEBIBYTE);
  test.each([...HTTP1.map((route) => ({ ...route, times: 25 })), { ...HTTP2, times: 50 }])(
    "$name: each of $times times, and the client is served on",
    async (route) => {
      const answer = "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nearly";
      await using scene = await startScene(route, { core: ({ socket }) => answerEarly(socket, answer) });
      const seen: string[] = [];
      for (let time = 0; time < route.times; time += 1) {
        using client = await scene.client();
        const length = time % 2 === 0 ? { length: UPLOAD.length } : {};
        const talk = client.ask({ method: "POST", body: UPLOAD, ...length });
        const isThere = () => talk.sofar()?.body === "early" || talk.sofar()?.isComplete;
        await poll("the answer", isThere, { intervalMs: 5 });
        seen.push(`${talk.sofar()?.status} ${talk.sofar()?.body}`);
        if (time < route.times - 1) continue;
        client.ask({ target: "/next" });
        await poll("the next request", () =>
          scene.core.connections.at(-1)?.received().startsWith("GET /next "),
        );
      }
      expect(seen.filter((what) => what !== "413 early")).toEqual([]);
    },
  );
});

describe("14. who takes nothing holds the other back, and not our memory", { timeout: 60_000 }, () => {
  const TOTAL = 40 * MEBIBYTE;
  const PIECE = "x".repeat(65_536);
  /** The systems' own buffers of two connections are well below. */
  const BOUND = 32 * MEBIBYTE;

  test.each(ROUTES)("$name: a client holds the core back, until it goes on", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask();
    const { connection, answer } = await scene.arrived();
    answer(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    await poll("the head", () => talk.sofar()?.status === 200);
    talk.pause();
    const sender = sendAll(
      () => connection.socket.write(PIECE),
      () => new Promise((resolve) => connection.socket.once("drain", resolve)),
    );
    expect(await sender.standsStill()).toBeLessThan(BOUND);
    talk.resume();
    await poll("all of it", () => talk.bytes() >= TOTAL, { timeoutMs: 40_000 });
    await sender.done;
  });

  test.each(ROUTES)("$name: a core holds the client back, until it goes on", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask({ method: "PUT", body: { open: true }, length: TOTAL });
    const { connection } = await scene.arrived(0, () => true);
    connection.socket.pause();
    const sender = sendAll(
      () => talk.write(PIECE),
      () => talk.drained(),
    );
    expect(await sender.standsStill()).toBeLessThan(BOUND);
    connection.socket.resume();
    await poll("all of it", () => connection.received().length > TOTAL, { timeoutMs: 40_000 });
    await sender.done;
  });

  /** Sends all, piece by piece, as fast as it is let. */
  function sendAll(write: () => boolean, drained: () => Promise<void>) {
    let sent = 0;
    const work = async () => {
      while (sent < TOTAL) {
        const goesOn = write();
        sent += PIECE.length;
        if (!goesOn) await drained();
      }
    };
    let last = -1;
    const standsStill = () => {
      const stands = sent > 0 && sent === last;
      last = sent;
      return stands && { sent };
    };
    return {
      done: work(),
      standsStill: () =>
        poll("the sender to stand still", standsStill, { intervalMs: 200 }).then((at) => at.sent),
    };
  }
});

describe("15. nothing waits for more: what is there goes out at once, and together", () => {
  test.each(ROUTES)("$name: the head and each event of a stream arrive when they are sent", async (route) => {
    await using scene = await startScene(route);
    const talk = await scene.ask();
    const { answer } = await scene.arrived();
    answer(STREAM);
    await poll("the head", () => talk.sofar()?.status === 200);
    let expected = "";
    for (const event of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
      answer(`${event.length.toString(16)}\r\n${event}\r\n`);
      expected += event;
      await poll("the event", () => talk.sofar()?.body === expected);
    }
  });

  test.each(HTTP1)("$name: a small answer is one piece of TLS, head, body and all", async (route) => {
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    await using scene = await startScene(route, { answers: [OK, chunked] });
    using client = await connectRaw(scene.front);
    const pieces: string[] = [];
    client.socket.on("data", (piece: Buffer) => pieces.push(piece.toString("latin1")));
    client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    await client.wait((text) => text.endsWith("ok"));
    client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    await client.wait((text) => text.endsWith("0\r\n\r\n"));
    expect(pieces).toHaveLength(2);
  });
});

describe("16. a request into a connection that the core has just given up is sent once more, where that is safe (RFC 9110 section 9.2.2)", () => {
  const FIRST = { target: "/first" };

  /** What the core does at each request of each of its connections, and the request lines it has seen. */
  async function open(
    route: Route,
    at: (socket: Socket, request: number, connection: number, method: string) => void,
  ) {
    const seen: string[] = [];
    const scene = await startScene(route, {
      core({ socket }, connection) {
        let requests = 0;
        socket.on("data", (data) => {
          const line = data.toString("latin1").split(" HTTP/", 1)[0] ?? "";
          seen.push(line);
          at(socket, requests++, connection, line.split(" ", 1)[0] ?? "");
        });
      },
    });
    const client = await scene.client();
    return { client, seen, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
  }

  const once = (socket: Socket, request: number, how: "reset" | "end") => {
    if (request === 0) socket.write(OK);
    else if (how === "reset") socket.resetAndDestroy();
    else socket.end();
  };

  describe.each(ROUTES)("$name", (route) => {
    test.each(["reset", "end"] as const)("a GET, where the connection dies by a %s", async (how) => {
      await using place = await open(route, (socket, request) => once(socket, request, how));
      expect((await place.client.ask(FIRST).reply()).status).toBe(200);
      expect((await place.client.ask({ target: "/again" }).reply()).status).toBe(200);
      expect(place.seen).toEqual(["GET /first", "GET /again", "GET /again"]);
    });

    test("only once", async () => {
      await using place = await open(route, (socket, request, connection) =>
        once(socket, connection === 0 ? request : 1, "reset"),
      );
      await place.client.ask(FIRST).reply();
      const { status, fields } = await place.client.ask({ target: "/again" }).reply();
      expect([status, onlyValue(fields, "sidecar-error")]).toEqual([502, "core-reset"]);
      expect(place.seen).toEqual(["GET /first", "GET /again", "GET /again"]);
    });

    test.each([
      ["a POST", { method: "POST", body: "hi", length: 2 }],
      ["a POST without a body", { method: "POST" }],
      ["a PUT, whose body we do not keep", { method: "PUT", body: "hi", length: 2 }],
    ])("never %s", async (_what, ask) => {
      await using place = await open(route, (socket, _request, _connection, method) => {
        if (method === "GET") socket.write(OK);
        else socket.resetAndDestroy();
      });
      await place.client.ask(FIRST).reply();
      expect((await place.client.ask({ ...ask, target: "/again" }).reply()).status).toBe(502);
      expect(place.seen).toEqual(["GET /first", `${ask.method} /again`]);
    });

    test("never what the core has begun to answer", async () => {
      await using place = await open(route, (socket, request) => {
        if (request === 0) socket.write(OK);
        else socket.write("HTTP/1.1 200", () => socket.resetAndDestroy());
      });
      await place.client.ask(FIRST).reply();
      expect((await place.client.ask({ target: "/again" }).reply()).status).toBe(502);
      expect(place.seen).toHaveLength(2);
    });

    test("no GET is lost to a core that closes after 20 ms, asked every 20 ms", async () => {
      const answers = await atTheBrink(route, { method: "GET" });
      expect(answers.filter((status) => status !== 200)).toEqual([]);
    });

    test("a POST goes on a connection of its own where the core may give the idle one up", async () => {
      await using place = await open(route, (socket) => {
        socket.write(OK);
        socket.setTimeout(300, () => socket.end());
      });
      const ask = (method: string) => place.client.ask({ method, target: `/${method}` }).reply();
      await ask("GET");
      await passes(500);
      // From here on it is known that idle connections last for 300 ms.
      await ask("GET");
      await passes(200);
      await ask("POST");
      expect(place.seen).toHaveLength(3);
    });
  });

  /** Time itself is what is tested here. */
  async function passes(forMs: number): Promise<void> {
    const untilMs = performance.now() + forMs;
    await poll("time to pass", () => performance.now() > untilMs, { intervalMs: 1 });
  }

  /** The statuses of what is asked just when the core gives idle connections up. */
  async function atTheBrink(route: Route, ask: { method: string }): Promise<number[]> {
    const TIMES = 50;
    await using place = await open(route, (socket) => {
      socket.write(OK);
      socket.setTimeout(20, () => socket.end());
    });
    const statuses: number[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      statuses.push((await place.client.ask(ask).reply()).status);
      await passes(20);
    }
    return statuses;
  }
});

describe("17. a client that closes its half of the connection has gone, since nobody can tell it from an abort", () => {
  test.each(HTTP1)("$name: the core is freed, and nothing half is answered", async (route) => {
    await using scene = await startScene(route);
    using client = await connectRaw(scene.front, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    const { connection } = await scene.arrived();
    const state = closedState(connection);
    client.socket.end();
    await poll("the core's connection to close", () => state.isClosed);
    const { messages } = readMessages(await client.closed(), () => "answer");
    expect(messages).toEqual([]);
    await poll("nothing in flight", () => scene.front.forwarder.inFlight === 0);
  });
});

/** Answers after 10,000 bytes and closes with the rest unread, by which the system resets the connection. */
function answerEarly(socket: Socket, answer: string): void {
  let bytes = 0;
  socket.on("data", (data) => {
    bytes += data.length;
    if (bytes < 10_000 || socket.isPaused()) return;
    socket.pause();
    socket.write(answer, () => socket.destroy());
  });
}
