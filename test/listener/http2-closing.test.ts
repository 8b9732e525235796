import { once } from "node:events";
import { connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { poll } from "../support/poll.ts";
import { type Core, startAlone } from "./alone.ts";
import { connectRawHttp2, FLAG, FRAME, frame, get, headerBlock } from "./raw-http2.ts";

/** Also how often sessions are looked at. */
const KEEP_ALIVE_MS = 1_000;

/** Answers `/slow` after more looks than it takes to give a session up, and nothing else. */
const slow: Core = async (request, answer) => {
  request.on("error", () => undefined);
  answer.on("error", () => undefined);
  if (request.url !== "/slow") return;
  await delay(8 * KEEP_ALIVE_MS);
  answer.end("at last");
};

const GOAWAY = frame(FRAME.GOAWAY, 0, 0, Buffer.alloc(8));

describe.concurrent("a session whose client has said GOAWAY, with a request under way", () => {
  const BREAKS = {
    "a frame that may not come then": frame(
      FRAME.CONTINUATION,
      FLAG.END_HEADERS,
      1,
      headerBlock([["x", "y"]]),
    ),
    "a frame that is too large": frame(FRAME.DATA, 0, 1, Buffer.alloc(16_385)),
    "a header that can't be decoded": frame(FRAME.HEADERS, FLAG.END_HEADERS, 3, Buffer.from([0, 5, 1])),
  };

  test.each(Object.entries(BREAKS))("is ended when it fails by %s", async (_how, broken) => {
    await using alone = await startAlone({ keepAliveMs: KEEP_ALIVE_MS }, slow);
    using client = await connectRawHttp2(alone);
    client.send(get(1, "/hang"), GOAWAY);
    await client.frame("the server's GOAWAY", ({ type }) => type === FRAME.GOAWAY);
    client.send(broken);
    await client.closed();
    const [line] = await alone.lines(1);
    expect(line).toMatchObject({ path: "/hang", complete: false });
  });

  test("is kept for as long as it takes our settings", async () => {
    let hasArrived = false;
    await using alone = await startAlone({ keepAliveMs: KEEP_ALIVE_MS }, (request, answer) => {
      hasArrived = true;
      slow(request, answer);
    });
    const session = connect(`https://127.0.0.1:${alone.port}`, { ca: alone.ca });
    try {
      const stream = session.request({ ":path": "/slow" });
      stream.setEncoding("utf8");
      await poll("the request to arrive", () => hasArrived);
      session.goaway();
      await once(session, "goaway");
      let text = "";
      stream.on("data", (piece: string) => {
        text += piece;
      });
      await once(stream, "end");
      expect(text).toBe("at last");
    } finally {
      session.destroy();
    }
  });
});
