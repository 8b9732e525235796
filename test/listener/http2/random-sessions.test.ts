import { afterAll, beforeAll, expect, test } from "vitest";
import { type Front, startFront } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { type Random, randomOf, seedOr } from "../../support/random.ts";
import { connectRawHttp2, FLAG, frame, get, type RawHttp2 } from "../raw-http2.ts";
import { type EchoCore, seenOf, startEchoCore } from "./cores.ts";
import { type Planned, randomSession, spoilt } from "./random-session.ts";
import {
  answered,
  CODE,
  connectBare,
  expectOpen,
  fieldOf,
  heard,
  PREFACE,
  ping,
  SETTING,
  SOON,
  settings,
  settled,
  TYPE,
  windowUpdate,
} from "./session.ts";

let core: EchoCore;
let front: Front;
let neighbour: RawHttp2;
let nextOfNeighbour = 1;

beforeAll(async () => {
  core = await startEchoCore();
  front = await startFront(core.port, { limits: { streamResetBurst: 1_000_000 } });
  neighbour = await connectRawHttp2(front);
});

afterAll(async () => {
  neighbour[Symbol.dispose]();
  await front[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});

/** One who has nothing to do with it is served at this moment. */
async function expectNeighbourServed(): Promise<void> {
  const id = nextOfNeighbour;
  nextOfNeighbour += 2;
  neighbour.send(get(id, `/neighbour/${id}`));
  const { blocks } = await answered(neighbour, id);
  expect(seenOf(fieldOf(blocks[0], "x-seen") ?? "")).toMatchObject({ target: `/neighbour/${id}` });
}

/** Sends the bytes in pieces, some of them in turns of the loop of their own. */
async function sendCut(random: Random, write: (piece: Buffer) => void, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.int(random.pick([2, 30, 3_000, 60_000, bytes.length]));
    write(bytes.subarray(at, at + length));
    at += length;
    if (random.chance(0.3)) await new Promise(setImmediate);
  }
}

/** Whether all came that is to come on a stream. */
function isOver(client: RawHttp2, { id, isReset }: Planned): boolean {
  return isReset || heard(client.frames, id).hasEnded;
}

/** Compares what came on a stream with what was to come. */
function check(client: RawHttp2, { id, seen, body, sums, hasLength, isReset }: Planned): void {
  const it = heard(client.frames, id);
  if (isReset) {
    // As much of the answer as was on its way.
    expect(body.subarray(0, it.body.length).equals(it.body)).toBe(true);
    return;
  }
  // Where a length says when all has come, the answer may be whole before the client has said that it ends (section 8.1).
  expect(hasLength ? [undefined, CODE.NO_ERROR] : [undefined]).toContain(it.resetCode);
  expect(fieldOf(it.blocks[0], ":status")).toBe("200");
  expect(seenOf(fieldOf(it.blocks[0], "x-seen") ?? "")).toEqual(JSON.parse(JSON.stringify(seen)));
  expect(it.body.equals(body), `the body on ${id}: ${it.body.length} bytes of ${body.length}`).toBe(true);
  const trailers = it.blocks[1] ?? [];
  expect(trailers.filter((_, index) => trailers[index - 1] === "x-sum" && index % 2 === 1)).toEqual(sums);
}

/** Has one session from its beginning to its end, with windows that open a little at a time. */
async function have(random: Random): Promise<void> {
  // An acknowledgement would be sent between the pieces of some frame.
  using client = await connectRawHttp2(front, { acknowledges: false });
  client.send(frame(TYPE.SETTINGS, FLAG.ACK, 0));
  const initial = random.pick([0, 1, 100, 5_000, 65_535, 1_000_000]);
  client.send(settings([SETTING.INITIAL_WINDOW_SIZE, initial]));
  if (random.chance(0.3)) client.send(settings([SETTING.MAX_FRAME_SIZE, 16_384 + random.int(100_000)]));
  const { frames, streams } = randomSession(random, 8);
  const open = () => {
    const waiting = streams.filter((stream) => !isOver(client, stream));
    if (waiting.length === 0) return true;
    client.send(windowUpdate(0, 1 + random.int(20_000)));
    for (const { id } of waiting)
      if (random.chance(0.7) && client.frames.some(({ streamId }) => streamId === id))
        client.send(windowUpdate(id, 1 + random.int(20_000)));
    if (random.chance(0.05)) client.send(settings([SETTING.INITIAL_WINDOW_SIZE, random.int(50_000)]));
    return client.isClosed;
  };
  await sendCut(random, (piece) => client.send(piece), Buffer.concat(frames));
  await poll(`an end of ${streams.map(({ id }) => id)}`, open, SOON);
  expectOpen(client);
  for (const stream of streams) check(client, stream);
  await settled(client);
  const last = 1 + 2 * streams.length;
  client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 65_535]), windowUpdate(0, 1_000), get(last, "/last"));
  await answered(client, last);
  expectOpen(client);
}

test("random sessions: each stream is answered with what was sent on it, or was reset by its client", async () => {
  const seed = seedOr(51);
  for (let round = 0; round < 30; round += 1) {
    const seeds = Array.from({ length: 8 }, (_, index) => seed * 1_000 + round * 8 + index);
    const having = seeds.map((one) =>
      have(randomOf(one)).catch((error: unknown) => {
        throw new Error(`the session of ${one}`, { cause: error });
      }),
    );
    await Promise.all([...having, expectNeighbourServed()]);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0, SOON);
  }
});

const LAST_PING = "the last";

/** Whether a reader that knows nothing but where frames end would find the last PING. */
function isReadable(bytes: Buffer): boolean {
  if (!bytes.subarray(0, PREFACE.length).equals(PREFACE)) return true;
  const last = bytes.length - ping(LAST_PING).length;
  let at = PREFACE.length;
  while (at < last) {
    const length = bytes.readUIntBE(at, 3);
    if (length > 16_384) return true;
    at += 9 + length;
  }
  return at === last;
}

/** Has a session that is spoilt; its connection serves on, or is ended by a GOAWAY, or waits for what was cut off. */
async function haveSpoilt(random: Random): Promise<"served" | "ended" | "waits"> {
  using client = await connectBare(front);
  const { frames } = randomSession(random, 4);
  const first = [settings([SETTING.INITIAL_WINDOW_SIZE, 1_000_000]), windowUpdate(0, 10_000_000)];
  const isSpoiltInFront = random.chance(0.1);
  const all = isSpoiltInFront ? [] : [PREFACE, ...first];
  const rest = isSpoiltInFront ? [PREFACE, ...first, ...frames] : frames;
  const bytes = Buffer.concat([...all, spoilt(random, rest), ping(LAST_PING)]);
  await sendCut(random, (piece) => void (client.socket.writable && client.socket.write(piece)), bytes);
  const outcome = () => {
    const came = client.frames();
    if (came.some(({ type }) => type === TYPE.GOAWAY)) return "ended";
    const isServed = came.some((it) => it.type === TYPE.PING && it.payload.toString() === LAST_PING);
    return isServed ? "served" : undefined;
  };
  const is = isReadable(bytes) ? await poll("an answer, or an end", outcome, SOON) : "waits";
  client.socket.end();
  await poll("the connection to close", () => client.isClosed, SOON);
  return outcome() ?? is;
}

test("spoilt sessions are served or ended, and nobody else suffers", async () => {
  const seed = seedOr(52);
  const outcomes = { served: 0, ended: 0, waits: 0 };
  for (let round = 0; round < 50; round += 1) {
    const seeds = Array.from({ length: 40 }, (_, index) => seed * 10_000 + round * 40 + index);
    const having = seeds.map(async (one) => {
      const outcome = await haveSpoilt(randomOf(one)).catch((error: unknown) => {
        throw new Error(`the session of ${one}`, { cause: error });
      });
      outcomes[outcome] += 1;
    });
    await Promise.all([...having, expectNeighbourServed()]);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0, SOON);
  }
  expect(Math.min(outcomes.served, outcomes.ended)).toBeGreaterThan(200);
  expect(outcomes.waits).toBeLessThan(outcomes.ended);
});
