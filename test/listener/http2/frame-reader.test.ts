import { describe, expect, test } from "vitest";
import { FrameReader, type FrameSink } from "../../../src/listener/http2/frame-reader.ts";
import { ConnectionError } from "../../../src/listener/http2/frames.ts";
import { type Random, randomOf, seedOr } from "../../support/random.ts";
import { frame } from "../raw-http2.ts";
import { BIT, CODE, data, FRAME_BYTES, PREFACE, ping, settings, TYPE } from "./session.ts";

/** What a sink was told; parts of one DATA as one. */
type Told =
  | { readonly type: number; readonly flags: number; readonly streamId: number; readonly payload: string }
  | { readonly begins: number; readonly bytes: number; data: string; ends?: boolean };

/** Remembers what it is told, and that parts come only between a beginning and an end of the same stream. */
class Recorder implements FrameSink {
  readonly told: Told[] = [];
  #open: Extract<Told, { begins: number }> | undefined;

  onFrame({ type, flags, streamId, payload }: Parameters<FrameSink["onFrame"]>[0]): void {
    expect(this.#open).toBeUndefined();
    this.told.push({ type, flags, streamId, payload: payload.toString("latin1") });
  }

  onDataBegin(streamId: number, bytes: number): void {
    expect(this.#open).toBeUndefined();
    this.#open = { begins: streamId, bytes, data: "" };
    this.told.push(this.#open);
  }

  onData(streamId: number, part: Buffer): void {
    expect(this.#open?.begins).toBe(streamId);
    expect(part.length).toBeGreaterThan(0);
    if (this.#open !== undefined) this.#open.data += part.toString("latin1");
  }

  onDataEnd(streamId: number, endsStream: boolean): void {
    expect(this.#open?.begins).toBe(streamId);
    if (this.#open !== undefined) this.#open.ends = endsStream;
    this.#open = undefined;
  }
}

/** Reads the pieces, each of which is overwritten afterwards: nothing may be kept that belongs to the socket. */
function readAll(pieces: Iterable<Buffer>): { told: Told[]; isBetweenFrames: boolean } {
  const recorder = new Recorder();
  const reader = new FrameReader(recorder);
  for (const piece of pieces) {
    const copy = Buffer.from(piece);
    reader.read(copy);
    copy.fill(0xaa);
  }
  return { told: recorder.told, isBetweenFrames: reader.isBetweenFrames };
}

/** The code of the error by which reading ends; undefined where it does not. */
function faultOf(pieces: Iterable<Buffer>): number | undefined {
  try {
    readAll(pieces);
    return undefined;
  } catch (error) {
    if (error instanceof ConnectionError) return error.code;
    throw error;
  }
}

function* byteByByte(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1) yield bytes.subarray(at, at + 1);
}

function* cutAtRandom(random: Random, bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.int(random.pick([3, 12, 400, 20_000]));
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Bytes that any payload may have. */
function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.int(256)));
}

/** A frame, and what a sink is to be told of it. */
function randomFrame(random: Random): { readonly bytes: Buffer; readonly told: Told } {
  const streamId = random.pick([0, 1, 3, 0x7f_ff_ff_ff, random.int(0x80_00_00_00)]);
  const payload = randomBytes(random, random.pick([0, 1, 4, 5, 8, 60, random.int(2_000)]));
  if (random.chance(0.5)) {
    const type = random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0xee, 0xff]);
    const flags = random.int(256);
    const told = { type, flags, streamId, payload: payload.toString("latin1") };
    return { bytes: frame(type, flags, streamId, payload), told };
  }
  const ends = random.chance(0.3);
  const padding = random.pick([undefined, undefined, 0, 1, 255, random.int(256)]);
  const bytes = payload.length + (padding === undefined ? 0 : padding + 1);
  return {
    bytes: data(streamId, payload, { ends, ...(padding === undefined ? {} : { padding }) }),
    told: { begins: streamId, bytes, data: payload.toString("latin1"), ends },
  };
}

describe("what a client sends is taken apart the same way", () => {
  test("whole, byte by byte, and cut at random", () => {
    const random = randomOf(seedOr(41));
    for (let round = 0; round < 60; round += 1) {
      const frames = Array.from({ length: 1 + random.int(30) }, () => randomFrame(random));
      const bytes = Buffer.concat([PREFACE, ...frames.map((it) => it.bytes)]);
      const expected = { told: frames.map(({ told }) => told), isBetweenFrames: true };
      expect(readAll([bytes])).toEqual(expected);
      expect(readAll(byteByByte(bytes))).toEqual(expected);
      for (let times = 0; times < 5; times += 1)
        expect(readAll(cutAtRandom(random, bytes))).toEqual(expected);
    }
  });

  test("cut at any one byte, and of what is cut off nothing is told too early", () => {
    const bytes = Buffer.concat([
      ...[PREFACE, settings([3, 100]), data(1, "abc"), data(1, ""), data(3, "de", { padding: 2 })],
      ...[ping(), frame(TYPE.UNKNOWN, 0xff, 5, Buffer.from("?")), data(1, "", { ends: true })],
    ]);
    const whole = readAll([bytes]);
    expect(whole.told).toHaveLength(7);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(readAll([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
      const { told, isBetweenFrames } = readAll([bytes.subarray(0, at)]);
      expect(told.length).toBeLessThanOrEqual(whole.told.length);
      const isAtAnEnd = framesEnds(bytes).includes(at);
      expect(isBetweenFrames, `after ${at} bytes`).toBe(isAtAnEnd);
      const complete = isAtAnEnd || told.length === 0 ? told : told.slice(0, -1);
      expect(complete).toEqual(whole.told.slice(0, complete.length));
    }
  });

  test("with the reserved bit of the stream's number set, which is ignored (RFC 9113 section 4.1)", () => {
    const bytes = Buffer.concat([PREFACE, data(3, "x"), ping()]);
    const { told } = readAll([bytes]);
    bytes[PREFACE.length + 5] = 0x80;
    bytes[bytes.length - 8 - 4] = 0x80;
    expect(readAll([bytes]).told).toEqual(told);
  });

  test("a part of DATA is told as soon as it comes", () => {
    const recorder = new Recorder();
    const reader = new FrameReader(recorder);
    const bytes = Buffer.concat([PREFACE, data(1, "abcdef")]);
    reader.read(bytes.subarray(0, -4));
    expect(recorder.told).toEqual([{ begins: 1, bytes: 6, data: "ab" }]);
  });
});

/** Where frames end, and the preface. */
function framesEnds(bytes: Buffer): number[] {
  const ends = [PREFACE.length];
  for (let at = PREFACE.length; at < bytes.length; ) {
    at += 9 + bytes.readUIntBE(at, 3);
    ends.push(at);
  }
  return ends;
}

describe("no HTTP/2 is", () => {
  test("a beginning that differs from the preface in any of its bytes (RFC 9113 section 3.4)", () => {
    for (let at = 0; at < PREFACE.length; at += 1) {
      const wrong = Buffer.from(PREFACE);
      wrong[at] = (wrong[at] ?? 0) ^ 0x20;
      expect(faultOf([wrong])).toBe(CODE.PROTOCOL_ERROR);
      expect(faultOf(byteByByte(wrong))).toBe(CODE.PROTOCOL_ERROR);
      // At that byte, and not only when all would have come.
      expect(faultOf([wrong.subarray(0, at + 1)])).toBe(CODE.PROTOCOL_ERROR);
      expect(faultOf([wrong.subarray(0, at)])).toBeUndefined();
    }
  });

  test.each(Object.entries({ ...TYPE, UNKNOWN: 0xaa }))(
    "a frame beyond 16,384 bytes: %s (RFC 9113 section 4.2)",
    (_name, type) => {
      const most = frame(type, 0, 1, Buffer.alloc(FRAME_BYTES));
      expect(faultOf([PREFACE, most])).toBeUndefined();
      const head = frame(type, 0, 1, Buffer.alloc(FRAME_BYTES + 1)).subarray(0, 9);
      // By its head alone: nothing of it is waited for, or kept.
      expect(faultOf([PREFACE, head])).toBe(CODE.FRAME_SIZE_ERROR);
      expect(faultOf([PREFACE, head.subarray(0, 8)])).toBeUndefined();
    },
  );

  test.each([
    ["as long as the frame", Buffer.from([4, 1, 2, 3]), CODE.PROTOCOL_ERROR],
    ["longer than the frame", Buffer.from([255, 1, 2, 3]), CODE.PROTOCOL_ERROR],
    ["of one byte where there is none", Buffer.from([1]), CODE.PROTOCOL_ERROR],
    ["of unknown length", Buffer.alloc(0), CODE.FRAME_SIZE_ERROR],
    ["as long as what follows its length", Buffer.from([3, 1, 2, 3]), undefined],
    ["of no bytes, in a frame of nothing else", Buffer.from([0]), undefined],
  ])("DATA with padding %s (RFC 9113 section 6.1)", (_what, payload, code) => {
    const bytes = Buffer.concat([PREFACE, frame(TYPE.DATA, BIT.PADDED, 1, payload)]);
    expect(faultOf([bytes])).toBe(code);
    expect(faultOf(byteByByte(bytes))).toBe(code);
  });
});
