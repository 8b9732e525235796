import { readdir, readlink } from "node:fs/promises";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  connectRawHttp2,
  FLAG,
  FRAME,
  frame,
  get,
  headerBlock,
  type RawHttp2,
  requestFields,
} from "../listener/raw-http2.ts";
import { listenLocally } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { type RunningSidecar, startSidecarProcess } from "../support/sidecar.ts";

/**
 * A session of HTTP/2 that fails makes every stream in it fail, and an error that nobody listens to ends the process:
 * nobody may do that to the others, whatever their requests had come to.
 */

/** Answers `/hang` never, and `/endless` by the beginning of a body. */
const core = createServer((request, answer) => {
  if (request.url === "/hang") return;
  if (request.url === "/endless") answer.write("the beginning");
  else answer.end("the app\n");
});
let sidecar: RunningSidecar;
let ca: string;

beforeAll(async () => {
  sidecar = await startSidecarProcess(await listenLocally(core));
  ca = await sidecar.ca();
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  core.closeAllConnections();
  core.close();
});

type FieldList = readonly (readonly [string, string])[];

/** A request whose body is still to come. */
function open(method: string, path: string, more: FieldList = []): Buffer {
  return frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, headerBlock([...requestFields(method, path), ...more]));
}

const REQUESTS = {
  "may still turn out to have no body": [open("POST", "/hang")],
  "has sent a part of its body": [open("POST", "/hang"), frame(FRAME.DATA, 0, 1, Buffer.from("half"))],
  "has sent a part of as much as it said": [
    open("POST", "/hang", [["content-length", "9"]]),
    frame(FRAME.DATA, 0, 1, Buffer.from("half")),
  ],
  "waits for its answer": [get(1, "/hang")],
  "is being answered": [get(1, "/endless")],
  "asks for a WebSocket": [
    frame(
      FRAME.HEADERS,
      FLAG.END_HEADERS,
      1,
      headerBlock([...requestFields("CONNECT", "/hang"), [":protocol", "websocket"]]),
    ),
  ],
  "is ours": [open("POST", "/_sidecar/session")],
  "is refused by the gate": [open("POST", "/%5fsidecar/livez")],
  "has more header fields than allowed": [
    open(
      "POST",
      "/hang",
      Array.from({ length: 250 }, () => ["x", "y"] as const),
    ),
  ],
};

const BREAKS: Readonly<Record<string, (client: RawHttp2) => unknown>> = {
  "a frame that is too large": (client) => client.send(frame(FRAME.DATA, 0, 1, Buffer.alloc(16_385))),
  "a frame that may not come then": (client) =>
    client.send(frame(FRAME.RST_STREAM, 0, 99, Buffer.alloc(4, 1))),
  "a reset of the stream": (client) => client.send(frame(FRAME.RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 1]))),
  "the end of the connection": (client) => client.socket.destroySoon(),
};

describe.each(Object.entries(REQUESTS))("a request over HTTP/2 that %s", (_what, request) => {
  describe.each(Object.entries(BREAKS))("and is broken by %s", (_how, breakIt) => {
    test("in the same piece: ends nobody else's", async () => {
      using client = await connectRawHttp2({ port: sidecar.port, ca });
      client.socket.cork();
      client.send(...request);
      breakIt(client);
      client.socket.uncork();
      expect(await neighbour()).toBe("the app\n");
    });

    test("when it has been read: likewise", async () => {
      using client = await connectRawHttp2({ port: sidecar.port, ca });
      client.send(...request, frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
      await client.frame(
        "the answer to the ping",
        ({ type, flags }) => type === FRAME.PING && flags === FLAG.ACK,
      );
      breakIt(client);
      expect(await neighbour()).toBe("the app\n");
    });
  });
});

test("a request that is broken before it is known to have a body is in the access log", async () => {
  using client = await connectRawHttp2({ port: sidecar.port, ca });
  client.send(open("POST", "/never-begun"), frame(FRAME.DATA, 0, 99));
  const line = await poll("the line", () => sidecar.log().find(({ path }) => path === "/never-begun"));
  expect(line).toMatchObject({ msg: "request", client: "127.0.0.1", status: 0, complete: false });
});

test("sessions that fail while their clients reset the connection leave no connection behind", async () => {
  await using alone = await startSidecarProcess(1, { SIDECAR_LIMITS_KEEP_ALIVE_MS: "1000" });
  const front = { port: alone.port, ca: await alone.ca() };
  const before = await socketsOf(alone);
  const attack = async (count: number) => {
    for (let index = 0; index < count; index++) {
      using client = await connectRawHttp2(front);
      client.send(get(1, "/_sidecar/livez"), frame(FRAME.WINDOW_UPDATE, 0, 0, Buffer.alloc(4)));
      // What has come and is not read when it closes makes it a reset; at another moment each time, to meet the write.
      client.socket.pause();
      await delay(index % 4);
    }
  };
  await Promise.all(Array.from({ length: 6 }, () => attack(50)));
  await poll("the connections to be closed", async () => (await socketsOf(alone)) <= before);
});

/** How many sockets a sidecar has open. */
async function socketsOf({ process: { pid } }: RunningSidecar): Promise<number> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => ""));
  return (await Promise.all(targets)).filter((target) => target.startsWith("socket:")).length;
}

/** What a client gets that asks when all that is broken has been seen. */
async function neighbour(): Promise<string> {
  // The first is read after what was broken; what that ends has ended when it is answered.
  await sidecar.ask("/first");
  return (await sidecar.ask("/second")).body;
}
