import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Front, type RawCore, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { connectRawHttp2, errorCodeOf, FLAG, type Frame, get, type RawHttp2 } from "../raw-http2.ts";
import {
  answered,
  CODE,
  DEFAULT_WINDOW,
  expectEnd,
  FRAME_BYTES,
  fieldOf,
  heard,
  MAX_WINDOW,
  reset,
  resetCode,
  SETTING,
  SOON,
  settings,
  settled,
  TYPE,
  windowUpdate,
} from "./session.ts";

/** What we send, and the windows of the client (RFC 9113 sections 5.2 and 6.9). */

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const bodyOf = (bytes: number) => LETTERS.repeat(Math.ceil(bytes / LETTERS.length)).slice(0, bytes);

/** Answers `/length/5` with 5 bytes that a length delimits; likewise `/chunked/5`, `/trailers/5`, and `/close/5`. */
const ANSWERS: Record<string, (body: string) => string> = {
  length: (body) => `Content-Length: ${body.length}\r\n\r\n${body}`,
  chunked: (body) => `Transfer-Encoding: chunked\r\n\r\n${chunk(body)}0\r\n\r\n`,
  trailers: (body) =>
    `Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${chunk(body)}0\r\nX-Sum: 1\r\n\r\n`,
  close: (body) => `Connection: close\r\n\r\n${body}`,
};

function chunk(body: string): string {
  return body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
}

let core: RawCore;
let front: Front;

beforeAll(async () => {
  core = await startRawCore(({ socket }) => {
    socket.on("data", (piece) => {
      const [, way = "", bytes = ""] = /^GET \/(\w+)\/(\d+)/.exec(piece.toString("latin1")) ?? [];
      const answer = ANSWERS[way]?.(bodyOf(Number(bytes)));
      if (answer !== undefined) socket.write(`HTTP/1.1 200 OK\r\n${answer}`);
      if (way === "close") socket.end();
    });
  });
  front = await startFront(core.port);
});

afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});

/** Connects with a window for each stream. */
async function connectWith(initialWindow: number): Promise<RawHttp2> {
  const client = await connectRawHttp2(front);
  client.send(settings([SETTING.INITIAL_WINDOW_SIZE, initialWindow]));
  return client;
}

const isData =
  (streamId: number) =>
  ({ type, streamId: its }: Frame) =>
    type === TYPE.DATA && its === streamId;
const bytesOf = (client: RawHttp2, streamId: number) => heard(client.frames, streamId).body.length;
const waitForHead = (client: RawHttp2, streamId: number) =>
  client.frame("the head", (it) => it.type === TYPE.HEADERS && it.streamId === streamId);

/** Waits until so much has come on a stream; fails where more comes. */
async function expectBytes(client: RawHttp2, streamId: number, bytes: number): Promise<void> {
  await poll(`${bytes} bytes`, () => bytesOf(client, streamId) >= bytes, SOON);
  await settled(client);
  expect(bytesOf(client, streamId)).toBe(bytes);
}

describe("the window of a stream", () => {
  test.each(Object.keys(ANSWERS))(
    "of 0, opened a byte at a time, lets one byte through each time: an answer by %s (section 6.9)",
    async (way) => {
      using client = await connectWith(0);
      client.send(get(1, `/${way}/5`));
      const { flags } = await waitForHead(client, 1);
      expect(flags & FLAG.END_STREAM).toBe(0);
      await expectBytes(client, 1, 0);
      expect(client.frames.some(isData(1))).toBe(false);
      for (let bytes = 1; bytes <= 5; bytes += 1) {
        expect(heard(client.frames, 1).hasEnded).toBe(false);
        client.send(windowUpdate(1, 1));
        await expectBytes(client, 1, bytes);
      }
      const { body, blocks } = await answered(client, 1);
      expect(body.toString()).toBe("abcde");
      expect(fieldOf(blocks[1], "x-sum")).toBe(way === "trailers" ? "1" : undefined);
    },
  );

  test.each(Object.keys(ANSWERS))(
    "of 0 holds back no end of an answer without a body, by %s (section 6.9.1)",
    async (way) => {
      using client = await connectWith(0);
      client.send(get(1, `/${way}/0`));
      expect((await answered(client, 1)).body).toHaveLength(0);
    },
  );

  test("shrinks below 0 when the settings do, and what is sent stops until it is above (section 6.9.2)", async () => {
    using client = await connectWith(300);
    client.send(get(1, "/length/1000"));
    await expectBytes(client, 1, 300);
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 100]));
    await expectBytes(client, 1, 300);
    client.send(windowUpdate(1, 200));
    await expectBytes(client, 1, 300);
    client.send(windowUpdate(1, 1));
    await expectBytes(client, 1, 301);
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 99]), settings([SETTING.INITIAL_WINDOW_SIZE, 100]));
    await expectBytes(client, 1, 301);
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 500]));
    await expectBytes(client, 1, 701);
    // Those that begin later have the new window, and no more.
    client.send(get(3, "/chunked/1000"));
    await expectBytes(client, 3, 500);
    client.send(windowUpdate(1, 1_000), windowUpdate(3, 1_000));
    expect((await answered(client, 1)).body.toString()).toBe(bodyOf(1_000));
    expect((await answered(client, 3)).body.toString()).toBe(bodyOf(1_000));
  });

  test("is that of the last of several values in one SETTINGS (section 6.5.3)", async () => {
    using client = await connectRawHttp2(front);
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 700], [SETTING.INITIAL_WINDOW_SIZE, 30]));
    client.send(get(1, "/length/1000"));
    await expectBytes(client, 1, 30);
  });

  test("beyond 2^31-1 resets the stream, and no other (section 6.9.1)", async () => {
    using client = await connectWith(0);
    client.send(get(1, "/length/5"), get(3, "/hang"), windowUpdate(1, MAX_WINDOW));
    await expectBytes(client, 1, 5);
    client.send(windowUpdate(3, MAX_WINDOW));
    await settled(client);
    expect(heard(client.frames, 3).resetCode).toBeUndefined();
    client.send(windowUpdate(3, 1));
    expect(await resetCode(client, 3)).toBe(CODE.FLOW_CONTROL_ERROR);
    client.send(get(5, "/length/5"), windowUpdate(5, MAX_WINDOW));
    expect((await answered(client, 5)).body.toString()).toBe("abcde");
  });

  test("beyond 2^31-1 by a change of the settings ends the connection (section 6.9.2)", async () => {
    using client = await connectRawHttp2(front);
    client.send(get(1, "/length/100000"), windowUpdate(1, 100_000));
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, MAX_WINDOW]));
    await expectEnd(client, CODE.FLOW_CONTROL_ERROR);
  });
});

describe("settings are acknowledged before anything is sent by them (section 6.5.3)", () => {
  test("a window that grows", async () => {
    using client = await connectWith(0);
    client.send(get(1, "/length/100"));
    await waitForHead(client, 1);
    const isAck = ({ type, flags }: Frame) => type === TYPE.SETTINGS && flags === FLAG.ACK;
    const before = client.frames.filter(isAck).length;
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 100]));
    await answered(client, 1);
    const acks = client.frames.flatMap((it, index) => (isAck(it) ? [index] : []));
    expect(acks).toHaveLength(before + 1);
    expect(acks[before]).toBeLessThan(client.frames.findIndex(isData(1)));
  });

  test("larger frames; and none is larger than the client takes (section 4.2)", async () => {
    using client = await connectWith(1_000_000);
    client.send(windowUpdate(0, 2_000_000), get(1, "/length/200000"));
    await answered(client, 1);
    const lengths = (id: number) => client.frames.filter(isData(id)).map(({ payload }) => payload.length);
    expect(Math.max(...lengths(1))).toBe(FRAME_BYTES);
    client.send(settings([SETTING.MAX_FRAME_SIZE, 20_000]), get(3, "/length/200000"));
    expect((await answered(client, 3)).body.toString()).toBe(bodyOf(200_000));
    expect(Math.max(...lengths(3))).toBeGreaterThan(FRAME_BYTES);
    expect(Math.max(...lengths(3))).toBeLessThanOrEqual(20_000);
  });
});

describe("the window of the connection", () => {
  /** More than the window of the connection, and less than is held back. */
  const BYTES = 200_000;
  const IDS = [1, 3, 5];
  const sum = (client: RawHttp2, ids: readonly number[]) =>
    ids.reduce((bytes, id) => bytes + bytesOf(client, id), 0);

  /** Shuts it, with an answer on each of the streams that waits for it. */
  async function shut(): Promise<RawHttp2> {
    const client = await connectWith(1_000_000);
    client.send(...IDS.map((id) => get(id, `/length/${BYTES}`)));
    for (const id of IDS) await waitForHead(client, id);
    await poll("the window to be used up", () => sum(client, IDS) === DEFAULT_WINDOW);
    await settled(client);
    expect(sum(client, IDS)).toBe(DEFAULT_WINDOW);
    return client;
  }

  test.each([FRAME_BYTES, 1_000, 3 * FRAME_BYTES])(
    "is shared by the streams that wait for it, and none starves, when it opens by %i bytes each time",
    async (bytes) => {
      using client = await shut();
      const before = IDS.map((id) => bytesOf(client, id));
      const times = 6;
      for (let time = 1; time <= times; time += 1) {
        client.send(windowUpdate(0, bytes));
        await poll("it to be used up", () => sum(client, IDS) === DEFAULT_WINDOW + time * bytes, SOON);
      }
      const gained = IDS.map((id, index) => bytesOf(client, id) - (before[index] ?? 0));
      expect(Math.min(...gained), `each got ${gained}`).toBeGreaterThanOrEqual(bytes);
      client.send(windowUpdate(0, 1_000_000));
      for (const id of IDS) expect((await answered(client, id)).body.toString()).toBe(bodyOf(BYTES));
    },
  );

  test("is not taken by a stream that was reset, or whose own window is shut", async () => {
    using client = await shut();
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 0]), windowUpdate(5, 1_000_000), reset(1));
    await settled(client);
    const before = IDS.map((id) => bytesOf(client, id));
    client.send(windowUpdate(0, BYTES - bytesOf(client, 5)));
    await answered(client, 5);
    expect(bytesOf(client, 1)).toBe(before[0]);
    expect(bytesOf(client, 3)).toBe(before[1]);
    client.send(windowUpdate(3, 1_000_000), windowUpdate(0, BYTES));
    expect((await answered(client, 3)).body.toString()).toBe(bodyOf(BYTES));
  });

  test("when it is shut, holds back no heads, and no answers without a body", async () => {
    using client = await shut();
    client.send(get(7, "/length/0"), get(9, "/length/10"));
    expect((await answered(client, 7)).body).toHaveLength(0);
    await waitForHead(client, 9);
    await expectBytes(client, 9, 0);
  });

  test("beyond 2^31-1 ends the connection (section 6.9.1)", async () => {
    using client = await connectRawHttp2(front);
    client.send(windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW));
    await settled(client);
    client.send(windowUpdate(0, 1));
    await expectEnd(client, CODE.FLOW_CONTROL_ERROR);
  });

  test("is used for what streams have sent, whatever became of them: never more is sent", async () => {
    using client = await connectWith(1_000_000);
    client.send(get(1, `/length/${DEFAULT_WINDOW - 10}`));
    await answered(client, 1);
    client.send(get(3, "/length/1000"));
    await expectBytes(client, 3, 10);
    client.send(reset(3), get(5, "/length/1000"));
    await waitForHead(client, 5);
    await expectBytes(client, 5, 0);
    client.send(windowUpdate(0, 1_000));
    expect((await answered(client, 5)).body.toString()).toBe(bodyOf(1_000));
    expect(client.frames.filter(({ type }) => type === TYPE.RST_STREAM).map(errorCodeOf)).toEqual([]);
  });
});
