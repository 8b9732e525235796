import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { type Alone, type Core, startAlone } from "../alone.ts";
import { connectRawHttp2, type RawHttp2, requestFields } from "../raw-http2.ts";
import {
  answered,
  CODE,
  CONNECTION_WINDOW,
  data,
  expectEnd,
  FRAME_BYTES,
  headers,
  heard,
  manyData,
  reset,
  resetCode,
  SOON,
  STREAM_WINDOW,
  settled,
  TYPE,
  Windows,
} from "./session.ts";

/** What we take, and our own windows (RFC 9113 sections 5.2 and 6.9). */

/** Answers `/early` without reading, `/read` when it has read all, and nothing else. */
const app: Core = (request, answer) => {
  request.on("error", () => undefined);
  answer.on("error", () => undefined);
  const end = (text: string) => void (answer as unknown as { end(text: string): void }).end(text);
  if (request.url === "/early") end("early");
  if (request.url !== "/read") return;
  let bytes = 0;
  request.on("data", (piece: Buffer) => {
    bytes += piece.length;
  });
  request.on("end", () => end(String(bytes)));
};

let alone: Alone;

beforeAll(async () => {
  alone = await startAlone({}, app);
});

afterAll(() => alone[Symbol.asyncDispose]());

const post = (streamId: number, path: string, more: readonly (readonly [string, string])[] = []) =>
  headers(streamId, [...requestFields("POST", path), ...more]);

/** Sends on a stream until its window, or that of the connection, stays shut; gives how much. */
async function fill(client: RawHttp2, windows: Windows, streamId: number, most = Number.POSITIVE_INFINITY) {
  let sent = 0;
  let calm = 0;
  while (calm < 10 && sent < most) {
    const bytes = Math.min(windows.left(streamId), most - sent);
    calm = bytes > 0 ? 0 : calm + 1;
    client.send(manyData(streamId, bytes));
    windows.note(streamId, bytes);
    sent += bytes;
    await settled(client);
  }
  return sent;
}

/** Sends a body that an app reads, as the windows allow. */
async function expectUploadWorks(client: RawHttp2, windows: Windows, streamId: number): Promise<void> {
  const bytes = 300_000;
  client.send(post(streamId, "/read"));
  await upload(client, windows, streamId, bytes);
  client.send(data(streamId, "", { ends: true }));
  expect((await answered(client, streamId)).body.toString()).toBe(String(bytes));
}

async function upload(client: RawHttp2, windows: Windows, streamId: number, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; ) {
    const next = await poll(
      "a window to open",
      () => Math.min(left, windows.left(streamId)) || undefined,
      SOON,
    );
    client.send(manyData(streamId, next));
    windows.note(streamId, next);
    left -= next;
  }
}

describe("a client that sends more than the windows allow", () => {
  test("on a stream has it reset: FLOW_CONTROL_ERROR (section 6.9)", async () => {
    using client = await connectRawHttp2(alone);
    const windows = new Windows(client);
    client.send(post(1, "/hang"));
    const sent = await fill(client, windows, 1);
    expect(sent).toBeGreaterThanOrEqual(STREAM_WINDOW);
    expect(sent).toBeLessThan(2 * STREAM_WINDOW);
    expect(heard(client.frames, 1).resetCode).toBeUndefined();
    client.send(data(1, "x"));
    windows.note(1, 1);
    expect(await resetCode(client, 1)).toBe(CODE.FLOW_CONTROL_ERROR);
    await expectUploadWorks(client, windows, 3);
  });

  test("on all together loses its connection: FLOW_CONTROL_ERROR (section 6.9)", async () => {
    using client = await connectRawHttp2(alone);
    const windows = new Windows(client);
    let id = 1;
    for (; windows.left(id) > 0 || id === 1; id += 2) {
      client.send(post(id, "/hang"));
      await settled(client);
      await fill(client, windows, id);
    }
    client.send(post(id, "/hang"));
    await settled(client);
    expect(client.frames.some(({ type }) => type === TYPE.GOAWAY || type === TYPE.RST_STREAM)).toBe(false);
    client.send(data(id, "x"));
    await expectEnd(client, CODE.FLOW_CONTROL_ERROR);
  });

  test("counts padding, and the byte that says how much (section 6.1)", async () => {
    using client = await connectRawHttp2(alone);
    const windows = new Windows(client);
    client.send(post(1, "/hang"));
    await fill(client, windows, 1);
    client.send(data(1, "", { padding: 0 }));
    expect(await resetCode(client, 1)).toBe(CODE.FLOW_CONTROL_ERROR);
  });
});

test("an upload that the app does not read is held back by the window, and goes on when the app reads (section 5.2.2)", async () => {
  const BYTES = 24 * 1_048_576;
  await using core = await startRawCore(({ socket }) => void socket.pause());
  await using front = await startFront(core.port);
  using client = await connectRawHttp2(front);
  const windows = new Windows(client);
  client.send(post(1, "/", [["content-length", String(BYTES)]]));
  const { socket } = await core.connection(0);
  const sent = await fill(client, windows, 1, BYTES);
  expect(sent).toBeLessThan(BYTES / 2);
  expect(windows.left(1)).toBe(0);
  expect(socket.bytesRead).toBeLessThan(BYTES / 2);
  // The connection is open for others.
  client.send(post(3, "/other"));
  await upload(client, windows, 3, 100_000);
  expect(windows.left(1)).toBe(0);
  socket.resume();
  await upload(client, windows, 1, BYTES - sent);
  const seen = await core.connections[0]?.wait((text) => text.length >= BYTES);
  await poll("the whole body", () => (core.connections[0]?.received().length ?? 0) > BYTES);
  const head = seen?.indexOf("\r\n\r\n") ?? 0;
  await core.connections[0]?.wait((text) => text.length === head + 4 + BYTES);
});

/** Ways in which a stream ends with a body that nobody reads; each sends `bytes` of it. */
const WAYS: Record<string, { readonly bytes: number; send(client: RawHttp2, id: number): Promise<void> }> = {
  "answered by the app before it has read it": {
    bytes: STREAM_WINDOW,
    async send(client, id) {
      client.send(post(id, "/early"), manyData(id, STREAM_WINDOW));
      expect((await answered(client, id)).body.toString()).toBe("early");
    },
  },
  "that came when the answer had ended": {
    bytes: STREAM_WINDOW / 2,
    async send(client, id) {
      client.send(post(id, "/early"), data(id, "x"));
      expect(await resetCode(client, id)).toBe(CODE.NO_ERROR);
      client.send(manyData(id, STREAM_WINDOW / 2 - 1));
    },
  },
  "reset by the client": {
    bytes: STREAM_WINDOW,
    send: async (client, id) => client.send(post(id, "/hang"), manyData(id, STREAM_WINDOW), reset(id)),
  },
  "reset by us for more data than the window": {
    bytes: 2 * STREAM_WINDOW,
    async send(client, id) {
      client.send(post(id, "/hang"), manyData(id, 2 * STREAM_WINDOW));
      expect(await resetCode(client, id)).toBe(CODE.FLOW_CONTROL_ERROR);
    },
  },
  "reset by us for more data than its content-length": {
    bytes: STREAM_WINDOW,
    async send(client, id) {
      client.send(post(id, "/hang", [["content-length", "100000"]]), manyData(id, STREAM_WINDOW));
      expect(await resetCode(client, id)).toBe(CODE.PROTOCOL_ERROR);
    },
  },
  "refused by the gate": {
    bytes: STREAM_WINDOW,
    async send(client, id) {
      client.send(post(id, "/%5fsidecar/x"), manyData(id, STREAM_WINDOW));
      await answered(client, id);
    },
  },
  "refused for an expectation": {
    bytes: STREAM_WINDOW,
    async send(client, id) {
      client.send(post(id, "/read", [["expect", "tea"]]), manyData(id, STREAM_WINDOW));
      await answered(client, id);
    },
  },
  "of a malformed request": {
    bytes: STREAM_WINDOW,
    async send(client, id) {
      client.send(post(id, "/read", [["X", "y"]]), manyData(id, STREAM_WINDOW));
      expect(await resetCode(client, id)).toBe(CODE.PROTOCOL_ERROR);
    },
  },
  "broken by its trailers": {
    bytes: STREAM_WINDOW,
    async send(client, id) {
      client.send(post(id, "/hang"), manyData(id, STREAM_WINDOW), headers(id, [["X", "y"]], { ends: true }));
      expect(await resetCode(client, id)).toBe(CODE.PROTOCOL_ERROR);
    },
  },
  "behind its end": {
    bytes: STREAM_WINDOW / 2,
    async send(client, id) {
      client.send(headers(id, requestFields("POST", "/hang"), { ends: true }));
      client.send(manyData(id, STREAM_WINDOW / 2));
      expect(await resetCode(client, id)).toBe(CODE.STREAM_CLOSED);
    },
  },
  "that is padding, and was read": {
    bytes: 500 * 257,
    async send(client, id) {
      const padded = Array.from({ length: 500 }, () => data(id, "x", { padding: 255 }));
      client.send(post(id, "/read"), ...padded, data(id, "", { ends: true }));
      expect((await answered(client, id)).body.toString()).toBe("500");
    },
  },
};

describe("the connection's window is given back for a body", () => {
  test.each(Object.entries(WAYS))("%s", async (_way, { bytes, send }) => {
    using client = await connectRawHttp2(alone);
    const windows = new Windows(client);
    let id = 1;
    for (let all = 0; all <= CONNECTION_WINDOW; all += bytes, id += 2) {
      await poll("the connection's window", () => windows.left(0) >= bytes, SOON);
      windows.note(0, bytes);
      await send(client, id);
    }
    await settled(client);
    // All but what was not yet said: less than half of the window.
    expect(windows.left(0)).toBeGreaterThan(CONNECTION_WINDOW / 2 - FRAME_BYTES);
    await expectUploadWorks(client, windows, id);
    expect(client.frames.some(({ type }) => type === TYPE.GOAWAY)).toBe(false);
  });

  test("of as many streams as there may be, all answered before their bodies came (section 5.1)", async () => {
    using client = await connectRawHttp2(alone);
    const windows = new Windows(client);
    const ids = Array.from({ length: 100 }, (_, index) => 1 + 2 * index);
    client.send(...ids.map((id) => post(id, "/early")));
    for (const id of ids) expect(await resetCode(client, id)).toBe(CODE.NO_ERROR);
    // On their way when the client could not know.
    client.send(...ids.map((id) => data(id, "late")));
    client.send(...ids.map((id) => data(id, "", { ends: true })));
    for (const id of ids) windows.note(id, 4);
    await settled(client);
    await expectUploadWorks(client, windows, 201);
  });
});
