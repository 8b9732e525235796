import { once } from "node:events";
import { get } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createInnerServer } from "../../src/forward/inner/inner-server.ts";
import { OutputStream, sseEvent } from "../../src/web/output-stream.ts";
import { newRequestInfo } from "../../src/web/request-info.ts";
import { NO_FIELDS } from "../../src/web/wire/fields.ts";
import { featureOf } from "../support/feature-of.ts";
import { poll } from "../support/poll.ts";
import { RecordingClient } from "../support/recording-client.ts";
import { serveFeatures } from "../support/serve-features.ts";

const textOf = async (stream: OutputStream) => (await stream.toArray()).join("");

describe("an output stream", () => {
  test("gives the reader what was offered, in order, and the end", async () => {
    const stream = new OutputStream({ maxQueuedBytes: 100 });
    stream.offer("one\n");
    stream.offer("two\n");
    stream.finish("end\n");

    expect(await textOf(stream)).toBe("one\ntwo\nend\n");
    expect(stream.dropped).toBe(0);
  });

  test("gives what was offered in one turn in one piece, and at once", async () => {
    const stream = new OutputStream({ maxQueuedBytes: 100 });
    const pieces: string[] = [];
    stream.on("data", (piece) => pieces.push(String(piece)));
    await turn();
    for (const chunk of ["one\n", "Ä\n", "three\n"]) stream.offer(chunk);
    await turn();
    expect(pieces).toEqual(["one\nÄ\nthree\n"]);

    stream.offer("four\n");
    await turn();
    stream.finish();
    expect(pieces.slice(1)).toEqual(["four\n"]);
  });

  test("drops whole chunks beyond its limit and counts them, but never the last", async () => {
    const stream = new OutputStream({ maxQueuedBytes: 10 });
    const taken = ["12345", "67890", "x", ""].map((chunk) => stream.offer(chunk));
    stream.finish(`dropped ${stream.dropped}`);

    expect(taken).toEqual([true, true, false, true]);
    expect(await textOf(stream)).toBe("1234567890dropped 1");
  });

  test("a chunk that is too large leaves room for a smaller one", () => {
    using stream = disposable(new OutputStream({ maxQueuedBytes: 10 }));

    expect(stream.offer("12345678901")).toBe(false);
    expect(stream.offer("1234567890")).toBe(true);
  });

  test("counts bytes, not characters", () => {
    using stream = disposable(new OutputStream({ maxQueuedBytes: 10 }));

    expect(stream.offer("ÄÖÜßéè")).toBe(false);
    expect(stream.offer("ÄÖÜßé")).toBe(true);
    expect(stream.offer("x")).toBe(false);
  });

  test("takes no more once its end was said, and only the first end counts", async () => {
    const stream = new OutputStream({ maxQueuedBytes: 100 });
    stream.finish("end");
    const taken = stream.offer("after the end");
    stream.finish("another end");

    expect(await textOf(stream)).toBe("end");
    expect([taken, stream.dropped]).toEqual([false, 1]);
  });

  test("takes no more once its reader has gone, without an error", () => {
    const stream = new OutputStream({ maxQueuedBytes: 100 });
    stream.destroy();

    expect(stream.offer("nobody reads this")).toBe(false);
    stream.finish("nor this");
  });

  test("says that it lives while nothing else is said, but not to a reader that stands still", async () => {
    const stream = new OutputStream({ maxQueuedBytes: 100, heartbeat: ": alive\n", heartbeatMs: 5 });
    await poll("a first heartbeat waits", () => stream.readableLength > 0);
    const beats = await new Promise<number>((resolve) => {
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
        if (ticks < 10) return;
        clearInterval(timer);
        resolve(stream.readableLength / ": alive\n".length);
      }, 5);
    });
    stream.destroy();

    expect(beats).toBe(1);
  });
});

describe("the end of the client is the end of the stream", () => {
  const probe = (opened: OutputStream[]) =>
    featureOf((table) => {
      table.add("GET", "/flow", { summary: "", role: "open", responses: {} }, ({ ctx }) => {
        const stream = new OutputStream({ maxQueuedBytes: 1_000 });
        stream.offer("first\n");
        opened.push(stream);
        ctx.body = stream;
      });
    });

  test("over HTTP/1.1, when the connection ends", async () => {
    const opened: OutputStream[] = [];
    await using served = await serveFeatures([probe(opened)]);
    const asking = get(`${served.url}/flow`);
    const [answer] = await once(asking, "response");
    await once(answer, "data");
    answer.on("error", () => {});
    asking.destroy();

    await poll("the stream is destroyed", () => opened[0]?.destroyed);
  });

  test("over HTTP/2, when only the one stream is reset and the connection stays", async () => {
    const opened: OutputStream[] = [];
    await using served = await serveFeatures([probe(opened)]);
    using inner = createInnerServer(served.handler);
    const client = new RecordingClient();
    const call = inner.carry(
      {
        ...{ method: "GET", target: "/_sidecar/flow", authority: "localhost", version: "2.0" },
        ...{ fields: NO_FIELDS, framing: "none", peer: "127.0.0.1", info: newRequestInfo(undefined) },
      },
      client,
      undefined,
    );
    call.start();
    await poll("the first of it", () => client.body.length > 0);
    call.abort();

    await poll("the stream is destroyed", () => opened[0]?.destroyed);
    expect(client.isOver).toBe(false);
  });
});

describe("an event", () => {
  test("has its name, its id, and a data line for each line", () => {
    expect(sseEvent("line", "a\nb\r\nc\rd", "7")).toBe(
      "id: 7\nevent: line\ndata: a\ndata: b\ndata: c\ndata: d\n\n",
    );
    expect(sseEvent("end", "")).toBe("event: end\ndata: \n\n");
  });
});

/** Readable has only the asynchronous dispose. */
function disposable(stream: OutputStream): OutputStream & Disposable {
  return Object.assign(stream, { [Symbol.dispose]: () => void stream.destroy() });
}
