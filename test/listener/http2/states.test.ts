import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Front, type RawCore, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import {
  connectRawHttp2,
  errorCodeOf,
  frame,
  get,
  headerBlock,
  type RawHttp2,
  requestFields,
} from "../raw-http2.ts";
import { answersOk } from "./cores.ts";
import {
  answered,
  BIT,
  CODE,
  data,
  expectEnd,
  FRAME_BYTES,
  headers,
  ping,
  reset,
  resetCode,
  SETTING,
  settings,
  settled,
  TYPE,
  uint32,
  windowUpdate,
} from "./session.ts";

/** Streams of {@link prepared}. */
const OPEN = 1;
const HALF_CLOSED = 3;
const CLOSED = 5;
const RESET = 7;
const IDLE = 9;

const POST = requestFields("POST", "/hang");
const block = headerBlock(POST);
const nothing = Buffer.alloc(0);
const header = (flags: number, streamId: number, payload: Buffer = block) =>
  frame(TYPE.HEADERS, flags, streamId, payload);
const continuation = (flags: number, streamId: number, payload: Buffer = nothing) =>
  frame(TYPE.CONTINUATION, flags, streamId, payload);
const priority = (streamId: number, dependsOn: number) =>
  frame(TYPE.PRIORITY, 0, streamId, Buffer.concat([uint32(dependsOn), Buffer.from([15])]));

let core: RawCore;
let front: Front;
let neighbour: RawHttp2;
let nextOfNeighbour = 1;

beforeAll(async () => {
  core = await startRawCore(answersOk);
  front = await startFront(core.port);
  neighbour = await connectRawHttp2(front);
});

afterAll(async () => {
  neighbour[Symbol.dispose]();
  await front[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});

/** A client with a stream in each state. */
async function prepared(): Promise<RawHttp2> {
  const client = await connectRawHttp2(front);
  client.send(headers(OPEN, POST), get(HALF_CLOSED, "/hang"), get(CLOSED, "/ok"));
  client.send(headers(RESET, POST), reset(RESET));
  expect(String((await answered(client, CLOSED)).body)).toBe("ok");
  return client;
}

/** Another connection is served, and nothing is left of the one that has ended. */
async function expectOthersServed(): Promise<void> {
  neighbour.send(get(nextOfNeighbour, "/ok"));
  expect(String((await answered(neighbour, nextOfNeighbour)).body)).toBe("ok");
  nextOfNeighbour += 2;
  await poll("nothing in flight", () => front.forwarder.inFlight === 0);
}

type Fault = readonly [what: string, sent: readonly Buffer[], code: number];

const STATES: readonly Fault[] = [
  ["DATA on an idle stream (section 5.1)", [data(IDLE, "x")], CODE.PROTOCOL_ERROR],
  [
    "empty DATA that ends an idle stream (section 5.1)",
    [data(IDLE, "", { ends: true })],
    CODE.PROTOCOL_ERROR,
  ],
  ["RST_STREAM on an idle stream (section 6.4)", [reset(IDLE)], CODE.PROTOCOL_ERROR],
  ["WINDOW_UPDATE on an idle stream (section 5.1)", [windowUpdate(IDLE, 1)], CODE.PROTOCOL_ERROR],
  [
    "CONTINUATION on an idle stream (section 6.10)",
    [continuation(BIT.END_HEADERS, IDLE, block)],
    CODE.PROTOCOL_ERROR,
  ],
  ["DATA on a closed stream (section 5.1)", [data(CLOSED, "x")], CODE.STREAM_CLOSED],
  ["HEADERS on a closed stream (section 5.1)", [headers(CLOSED, POST)], CODE.STREAM_CLOSED],
  ["DATA on a stream that its client has reset (section 5.1)", [data(RESET, "x")], CODE.STREAM_CLOSED],
  ["HEADERS on a stream that its client has reset (section 5.1)", [headers(RESET, POST)], CODE.STREAM_CLOSED],
  ["HEADERS on a stream of the server's (section 5.1.1)", [headers(10, POST)], CODE.PROTOCOL_ERROR],
  [
    "a stream below one before it (section 5.1.1)",
    [headers(21, POST), headers(19, POST)],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "PUSH_PROMISE (section 8.4)",
    [frame(TYPE.PUSH_PROMISE, BIT.END_HEADERS, OPEN, Buffer.concat([uint32(2), block]))],
    CODE.PROTOCOL_ERROR,
  ],
];

const OF_NO_STREAM: readonly Fault[] = [
  ["DATA on stream 0 (section 6.1)", [data(0, "x")], CODE.PROTOCOL_ERROR],
  ["HEADERS on stream 0 (section 6.2)", [headers(0, POST)], CODE.PROTOCOL_ERROR],
  ["PRIORITY on stream 0 (section 6.3)", [priority(0, 1)], CODE.PROTOCOL_ERROR],
  ["RST_STREAM on stream 0 (section 6.4)", [reset(0)], CODE.PROTOCOL_ERROR],
  ["CONTINUATION on stream 0 (section 6.10)", [continuation(BIT.END_HEADERS, 0)], CODE.PROTOCOL_ERROR],
  ["SETTINGS on a stream (section 6.5)", [frame(TYPE.SETTINGS, 0, OPEN)], CODE.PROTOCOL_ERROR],
  ["PING on a stream (section 6.7)", [frame(TYPE.PING, 0, OPEN, Buffer.alloc(8))], CODE.PROTOCOL_ERROR],
  ["GOAWAY on a stream (section 6.8)", [frame(TYPE.GOAWAY, 0, OPEN, Buffer.alloc(8))], CODE.PROTOCOL_ERROR],
  ["WINDOW_UPDATE of 0 on the connection (section 6.9)", [windowUpdate(0, 0)], CODE.PROTOCOL_ERROR],
];

const SIZES: readonly Fault[] = [
  [
    "RST_STREAM of 3 bytes (section 6.4)",
    [frame(TYPE.RST_STREAM, 0, OPEN, Buffer.alloc(3))],
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "RST_STREAM of 5 bytes (section 6.4)",
    [frame(TYPE.RST_STREAM, 0, OPEN, Buffer.alloc(5))],
    CODE.FRAME_SIZE_ERROR,
  ],
  ["PING of 7 bytes (section 6.7)", [frame(TYPE.PING, 0, 0, Buffer.alloc(7))], CODE.FRAME_SIZE_ERROR],
  ["PING of 9 bytes (section 6.7)", [frame(TYPE.PING, 0, 0, Buffer.alloc(9))], CODE.FRAME_SIZE_ERROR],
  ["GOAWAY of 7 bytes (section 6.8)", [frame(TYPE.GOAWAY, 0, 0, Buffer.alloc(7))], CODE.FRAME_SIZE_ERROR],
  [
    "WINDOW_UPDATE of 3 bytes (section 6.9)",
    [frame(TYPE.WINDOW_UPDATE, 0, 0, Buffer.alloc(3))],
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "WINDOW_UPDATE of 5 bytes (section 6.9)",
    [frame(TYPE.WINDOW_UPDATE, 0, OPEN, Buffer.alloc(5))],
    CODE.FRAME_SIZE_ERROR,
  ],
  ["SETTINGS of 5 bytes (section 6.5)", [frame(TYPE.SETTINGS, 0, 0, Buffer.alloc(5))], CODE.FRAME_SIZE_ERROR],
  [
    "an acknowledgement of SETTINGS with settings (section 6.5)",
    [frame(TYPE.SETTINGS, BIT.ACK, 0, Buffer.alloc(6))],
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "DATA beyond the size of frames (section 4.2)",
    [data(OPEN, Buffer.alloc(FRAME_BYTES + 1))],
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "HEADERS beyond the size of frames (section 4.2)",
    [header(BIT.END_HEADERS, IDLE, Buffer.alloc(FRAME_BYTES + 1))],
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "HEADERS too short for their priority (section 6.2)",
    [header(BIT.END_HEADERS | BIT.PRIORITY, IDLE, Buffer.alloc(4))],
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "HEADERS with more padding than payload (section 6.2)",
    [header(BIT.END_HEADERS | BIT.PADDED, IDLE, Buffer.from([2, 0x82]))],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "DATA with more padding than payload (section 6.1)",
    [frame(TYPE.DATA, BIT.PADDED, OPEN, Buffer.from([2, 1]))],
    CODE.PROTOCOL_ERROR,
  ],
];

const VALUES: readonly Fault[] = [
  ["SETTINGS_ENABLE_PUSH of 2 (section 6.5.2)", [settings([SETTING.ENABLE_PUSH, 2])], CODE.PROTOCOL_ERROR],
  [
    "SETTINGS_ENABLE_CONNECT_PROTOCOL of 2 (RFC 8441 section 3)",
    [settings([SETTING.ENABLE_CONNECT_PROTOCOL, 2])],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "SETTINGS_INITIAL_WINDOW_SIZE of 2^31 (section 6.5.2)",
    [settings([SETTING.INITIAL_WINDOW_SIZE, 2 ** 31])],
    CODE.FLOW_CONTROL_ERROR,
  ],
  [
    "SETTINGS_MAX_FRAME_SIZE of 16,383 (section 6.5.2)",
    [settings([SETTING.MAX_FRAME_SIZE, FRAME_BYTES - 1])],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "SETTINGS_MAX_FRAME_SIZE of 2^24 (section 6.5.2)",
    [settings([SETTING.MAX_FRAME_SIZE, 2 ** 24])],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "an impossible setting behind others (section 6.5.2)",
    [settings([99, 1], [SETTING.ENABLE_PUSH, 0], [SETTING.ENABLE_PUSH, 2])],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "what is no HPACK (section 4.3)",
    [header(BIT.END_HEADERS, IDLE, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))],
    CODE.COMPRESSION_ERROR,
  ],
  [
    "what is no HPACK, in trailers (section 4.3)",
    [header(BIT.END_HEADERS | BIT.END_STREAM, OPEN, Buffer.from([0x80]))],
    CODE.COMPRESSION_ERROR,
  ],
];

const BLOCKS: readonly Fault[] = [
  ["CONTINUATION on an open stream", [continuation(BIT.END_HEADERS, OPEN, block)], CODE.PROTOCOL_ERROR],
  [
    "CONTINUATION behind a whole block",
    [headers(IDLE, POST), continuation(BIT.END_HEADERS, IDLE)],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "CONTINUATION behind a block that it has made whole",
    [header(0, IDLE), continuation(BIT.END_HEADERS, IDLE), continuation(BIT.END_HEADERS, IDLE)],
    CODE.PROTOCOL_ERROR,
  ],
  [
    "CONTINUATION of another stream",
    [header(0, IDLE), continuation(BIT.END_HEADERS, OPEN)],
    CODE.PROTOCOL_ERROR,
  ],
  ["HEADERS in the middle of a block", [header(0, IDLE), headers(11, POST)], CODE.PROTOCOL_ERROR],
  [
    "HEADERS of the same stream in the middle of a block",
    [header(0, IDLE), header(BIT.END_HEADERS, IDLE)],
    CODE.PROTOCOL_ERROR,
  ],
  ["DATA in the middle of a block", [header(0, IDLE), data(OPEN, "x")], CODE.PROTOCOL_ERROR],
  [
    "padded DATA in the middle of a block",
    [header(0, IDLE), data(OPEN, "x", { padding: 1 })],
    CODE.PROTOCOL_ERROR,
  ],
  ["PING in the middle of a block", [header(0, IDLE), ping()], CODE.PROTOCOL_ERROR],
  ["SETTINGS in the middle of a block", [header(0, IDLE), settings()], CODE.PROTOCOL_ERROR],
  ["WINDOW_UPDATE in the middle of a block", [header(0, IDLE), windowUpdate(0, 1)], CODE.PROTOCOL_ERROR],
  ["RST_STREAM in the middle of a block", [header(0, IDLE), reset(IDLE)], CODE.PROTOCOL_ERROR],
  [
    "an unknown frame in the middle of a block",
    [header(0, IDLE), frame(TYPE.UNKNOWN, 0, IDLE)],
    CODE.PROTOCOL_ERROR,
  ],
  ["PING in the middle of trailers", [header(BIT.END_STREAM, OPEN), ping()], CODE.PROTOCOL_ERROR],
];

describe("a connection ends by GOAWAY, and no other suffers (RFC 9113 section 5.4.1), after", () => {
  test.each([...STATES, ...OF_NO_STREAM, ...SIZES, ...VALUES, ...BLOCKS])("%s", async (_what, sent, code) => {
    using client = await prepared();
    client.send(...sent);
    await expectEnd(client, code);
    await expectOthersServed();
  });

  test("it, with the last stream that was looked at, and nothing that came behind is looked at", async () => {
    using client = await prepared();
    const requests = core.connections.length;
    client.send(priority(0, 1), get(IDLE, "/ok"), ping());
    await expectEnd(client, CODE.PROTOCOL_ERROR);
    const last = client.frames.at(-1);
    expect(last?.payload.readUInt32BE(0)).toBe(RESET);
    expect(core.connections).toHaveLength(requests);
    await expectOthersServed();
  });
});

const STREAM_FAULTS: readonly (readonly [...Fault, streamId: number])[] = [
  ["DATA behind its end (section 5.1)", [data(HALF_CLOSED, "x")], CODE.STREAM_CLOSED, HALF_CLOSED],
  [
    "HEADERS behind its end (section 5.1)",
    [headers(HALF_CLOSED, [["x", "y"]], { ends: true })],
    CODE.STREAM_CLOSED,
    HALF_CLOSED,
  ],
  ["trailers that do not end it (section 8.1)", [headers(OPEN, [["x", "y"]])], CODE.PROTOCOL_ERROR, OPEN],
  [
    "trailers with a pseudo-header field (section 8.1)",
    [headers(OPEN, [[":path", "/"]], { ends: true })],
    CODE.PROTOCOL_ERROR,
    OPEN,
  ],
  [
    "trailers with a name in upper case (section 8.2)",
    [headers(OPEN, [["X", "y"]], { ends: true })],
    CODE.PROTOCOL_ERROR,
    OPEN,
  ],
  ["WINDOW_UPDATE of 0 (section 6.9)", [windowUpdate(OPEN, 0)], CODE.PROTOCOL_ERROR, OPEN],
  [
    "PRIORITY of 4 bytes (section 6.3)",
    [frame(TYPE.PRIORITY, 0, OPEN, Buffer.alloc(4))],
    CODE.FRAME_SIZE_ERROR,
    OPEN,
  ],
  [
    "PRIORITY by which it depends on itself (RFC 7540 section 5.3.1)",
    [priority(OPEN, OPEN)],
    CODE.PROTOCOL_ERROR,
    OPEN,
  ],
  ["a malformed head (section 8.1.1)", [headers(IDLE, [...POST, ["X", "y"]])], CODE.PROTOCOL_ERROR, IDLE],
  [
    "a malformed head, in parts (section 8.1.1)",
    [header(0, IDLE), continuation(BIT.END_HEADERS, IDLE, block)],
    CODE.PROTOCOL_ERROR,
    IDLE,
  ],
  [
    "HEADERS by which it depends on itself (RFC 7540 section 5.3.1)",
    [header(BIT.END_HEADERS | BIT.PRIORITY, IDLE, Buffer.concat([uint32(IDLE), Buffer.from([1]), block]))],
    CODE.PROTOCOL_ERROR,
    IDLE,
  ],
];

describe("a stream is reset, and the others of its connection go on (RFC 9113 section 5.4.2), after", () => {
  test.each(STREAM_FAULTS)("%s", async (_what, sent, code, streamId) => {
    using client = await prepared();
    // What was on its way when the client could not know of the reset is no fault (section 5.1).
    const onItsWay = [
      data(streamId, "late"),
      headers(streamId, [["late", "y"]], { ends: true }),
      windowUpdate(streamId, 1),
    ];
    client.send(...sent, ...onItsWay, reset(streamId), get(101, "/ok"));
    expect(await resetCode(client, streamId)).toBe(code);
    expect(String((await answered(client, 101)).body)).toBe("ok");
    await settled(client);
    expect(client.frames.filter(({ type }) => type === TYPE.RST_STREAM || type === TYPE.GOAWAY)).toHaveLength(
      1,
    );
  });
});

describe("it is no fault (RFC 9113)", () => {
  const RESERVED_BIT = 0x80_00_00_00;
  test.each<[what: string, sent: readonly Buffer[]]>([
    [
      "to send WINDOW_UPDATE on a closed stream (section 6.9)",
      [windowUpdate(CLOSED, 1), windowUpdate(CLOSED, 0)],
    ],
    ["to reset a closed stream (section 6.4)", [reset(CLOSED), reset(CLOSED)]],
    [
      "to send PRIORITY in any state (section 6.3)",
      [OPEN, HALF_CLOSED, CLOSED, RESET, 99].map((id) => priority(id, 13)),
    ],
    [
      "to send frames of unknown types (section 5.5)",
      [0, OPEN, CLOSED, 77, 78].map((id) => frame(TYPE.UNKNOWN, 0xff, id, Buffer.from("what"))),
    ],
    ["to send unknown settings (section 6.5.2)", [settings([0, 1], [7, 2], [0xff_ff, 0xff_ff_ff_ff])]],
    ["to send empty settings, and to acknowledge twice", [settings(), frame(TYPE.SETTINGS, BIT.ACK, 0)]],
    [
      "to send unknown flags (section 4.1)",
      [frame(TYPE.PING, 0xfe, 0, Buffer.alloc(8)), frame(TYPE.WINDOW_UPDATE, 0xff, 0, uint32(1))],
    ],
    ["to acknowledge a PING that never was (section 6.7)", [frame(TYPE.PING, BIT.ACK, 0, Buffer.alloc(8))]],
    [
      "to set reserved bits (sections 4.1 and 6.9)",
      [frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(RESERVED_BIT + 1))],
    ],
    ["to skip streams (section 5.1.1)", [get(51, "/hang")]],
    [
      "to end a block by an empty CONTINUATION (section 6.10)",
      [header(0, 51), continuation(BIT.END_HEADERS, 51)],
    ],
    [
      "to begin a block with nothing (section 6.2)",
      [header(BIT.END_STREAM, 51, nothing), continuation(BIT.END_HEADERS, 51, block)],
    ],
    [
      "to pad HEADERS and give them a priority (section 6.2)",
      [
        header(
          BIT.END_HEADERS | BIT.PADDED | BIT.PRIORITY,
          51,
          Buffer.concat([Buffer.from([3]), uint32(0), Buffer.from([9]), block, Buffer.alloc(3)]),
        ),
      ],
    ],
    ["to end a stream by an empty DATA frame (section 6.1)", [data(OPEN, "", { ends: true })]],
    ["to send trailers (section 8.1)", [headers(OPEN, [["x-sum", "1"]], { ends: true })]],
    ["to take the largest frames (section 6.5.2)", [settings([SETTING.MAX_FRAME_SIZE, 16_777_215])]],
  ])("%s", async (_what, sent) => {
    using client = await prepared();
    client.send(...sent, get(101, "/ok"));
    expect(String((await answered(client, 101)).body)).toBe("ok");
    await settled(client);
    expect(client.frames.filter(({ type }) => type === TYPE.RST_STREAM || type === TYPE.GOAWAY)).toEqual([]);
  });

  test("to go away: what is under way is served, and then the connection ends (section 6.8)", async () => {
    using client = await connectRawHttp2(front);
    client.send(headers(1, requestFields("POST", "/ok")), frame(TYPE.GOAWAY, 0, 0, Buffer.alloc(8)));
    client.send(data(1, "", { ends: true }));
    expect(String((await answered(client, 1)).body)).toBe("ok");
    await client.closed();
    const goaways = client.frames.filter(({ type }) => type === TYPE.GOAWAY);
    expect(goaways.map(errorCodeOf)).toEqual([CODE.NO_ERROR]);
  });
});
