import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Front, type RawCore, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { connectRawHttp2, errorCodeOf, frame, get } from "../raw-http2.ts";
import { answersOk } from "./cores.ts";
import {
  answered,
  CODE,
  connectBare,
  data,
  PREFACE,
  ping,
  settings,
  settled,
  TYPE,
  windowUpdate,
} from "./session.ts";

let core: RawCore;
let front: Front;

beforeAll(async () => {
  core = await startRawCore(answersOk);
  front = await startFront(core.port);
});

afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});

test("a PING is answered with its own payload, before what came later (RFC 9113 section 6.7)", async () => {
  using client = await connectRawHttp2(front);
  const payloads = ["\0\x01\x7f\x80\xff\r\n\0", "abcdefgh", "\xff\xff\xff\xff\xff\xff\xff\xff"];
  client.send(...payloads.map(ping));
  await settled(client);
  const answers = client.frames.filter(({ type }) => type === TYPE.PING);
  expect(answers.map(({ payload }) => payload.toString("latin1")).slice(0, 3)).toEqual(payloads);
  expect(new Set(answers.map(({ flags, streamId }) => `${flags} ${streamId}`))).toEqual(new Set(["1 0"]));
});

describe("a connection begins", () => {
  test("with our SETTINGS, whatever the client says (RFC 9113 section 3.4)", async () => {
    using client = await connectBare(front);
    const [first] = await poll("the first frame", () => client.frames().length > 0 && client.frames());
    expect(first).toMatchObject({ type: TYPE.SETTINGS, flags: 0, streamId: 0 });
  });

  test.each<[what: string, sent: readonly Buffer[]]>([
    ["with PING", [PREFACE, ping()]],
    ["with HEADERS", [PREFACE, get(1, "/ok")]],
    ["with DATA", [PREFACE, data(1, "x")]],
    ["with WINDOW_UPDATE", [PREFACE, windowUpdate(0, 1)]],
    ["with an unknown frame", [PREFACE, frame(TYPE.UNKNOWN, 0, 0)]],
    ["with HTTP/1.1", [Buffer.from("GET / HTTP/1.1\r\nHost: app\r\n\r\n")]],
    [
      "with a preface that is wrong in its last byte",
      [PREFACE.subarray(0, -1), Buffer.from("\r"), settings()],
    ],
  ])("not %s: PROTOCOL_ERROR (RFC 9113 section 3.4)", async (_what, sent) => {
    using client = await connectBare(front);
    client.socket.write(Buffer.concat(sent));
    await poll("the end", () => client.isClosed);
    const last = client.frames().at(-1);
    expect(last?.type).toBe(TYPE.GOAWAY);
    expect(last && errorCodeOf(last)).toBe(CODE.PROTOCOL_ERROR);
    using other = await connectRawHttp2(front);
    other.send(get(1, "/ok"));
    expect((await answered(other, 1)).body.toString()).toBe("ok");
  });
});

test("a client that makes its header table smaller is told that the encoder knows (RFC 9113 section 4.3.1)", async () => {
  const session = connect(`https://127.0.0.1:${front.port}`, {
    ca: front.ca,
    settings: { headerTableSize: 0 },
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  session.on("error", reject);
  session.on("localSettings", () => {
    // Once it was acknowledged, the client expects the change in the very next block.
    const stream = session.request({ ":path": "/ok" });
    stream.setEncoding("utf8");
    let text = "";
    stream.on("data", (piece: string) => {
      text += piece;
    });
    stream.on("error", reject);
    stream.on("end", () => resolve(text));
  });
  try {
    expect(await promise).toBe("ok");
  } finally {
    session.destroy();
  }
});
