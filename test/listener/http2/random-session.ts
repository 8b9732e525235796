import type { Random } from "../../support/random.ts";
import { frame } from "../raw-http2.ts";
import type { Seen } from "./cores.ts";
import { type Pair, RandomWriter } from "./hpack/block-writer.ts";
import { STATIC_PAIRS } from "./hpack/fields.ts";
import { BIT, CODE, data, reset, TYPE, windowUpdate } from "./session.ts";

/** Sessions as a client might have them that keeps to all rules, and makes use of all that they leave open. */

/** What is to come of one stream. */
export interface Planned {
  readonly id: number;
  readonly seen: Seen;
  readonly body: Buffer;
  readonly sums: readonly string[];
  /** Whether its head says how long the body is. */
  readonly hasLength: boolean;
  /** Whether the client breaks it off. */
  readonly isReset: boolean;
}

/** A session: its frames in order (header blocks stay together), and what is to come of them. */
export interface Session {
  readonly frames: readonly Buffer[];
  readonly streams: readonly Planned[];
}

const TAGS = ["", "a", "a, b", "two  blanks", 'q="\\"', "\xe9\xff\x80", "x".repeat(300), "{}"];
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "M-SEARCH"];

/** A frame of a stream, or a block that becomes some when its turn comes: the table depends on the order. */
type Step = Buffer | { readonly block: readonly Pair[]; readonly ends: boolean };

/** Makes one, with streams that are open at the same time. */
export function randomSession(random: Random, mostStreams: number): Session {
  const streams = Array.from({ length: 1 + random.int(mostStreams) }, (_, index) =>
    randomStream(random, 1 + 2 * index),
  );
  const writer = new RandomWriter(random, STATIC_PAIRS, 4_096);
  const frames: Buffer[] = [];
  const waiting = streams.map(({ planned, steps }) => ({ id: planned.id, steps: [...steps] }));
  let begun = 0;
  while (waiting.some(({ steps }) => steps.length > 0)) {
    // In any order, but they begin in that of their numbers.
    const active = waiting.slice(0, begun + 1).filter(({ steps }) => steps.length > 0);
    const one = random.pick(active.length > 0 ? active : waiting.slice(begun));
    const step = one.steps.shift();
    if (step === undefined) continue;
    begun = Math.max(begun, Math.min(waiting.indexOf(one) + 1, waiting.length - 1));
    frames.push(
      Buffer.isBuffer(step) ? step : blockFrames(random, one.id, writer.write(step.block), step.ends),
    );
    if (random.chance(0.1)) frames.push(aside(random, one.id));
  }
  return { frames, streams: streams.map(({ planned }) => planned) };
}

function randomStream(random: Random, id: number): { planned: Planned; steps: Step[] } {
  const parts = randomParts(random);
  const body = Buffer.concat(parts);
  const hasLength = random.chance(0.3);
  const seen = {
    method: random.pick(METHODS),
    target: `/${id}${random.pick(["", "/", "?a=b&c", "/%2e%2e;x"])}`,
    host: random.pick(["app", "app.example:8443", "b"]),
    tags: Array.from({ length: random.int(4) }, () => random.pick(TAGS)),
    cookie: undefined as string | undefined,
  };
  const crumbs = Array.from({ length: random.int(3) }, (_, index) => `c${index}=${random.int(9)}`);
  if (crumbs.length > 0) seen.cookie = crumbs.join("; ");
  const sums = random.chance(0.3) ? Array.from({ length: 1 + random.int(2) }, () => random.pick(TAGS)) : [];
  const pseudo: Pair[] = [
    [":method", seen.method],
    [":scheme", "https"],
    [":authority", seen.host],
    [":path", seen.target],
  ];
  const block: Pair[] = [
    ...(random.chance(0.5) ? pseudo : pseudo.toReversed()),
    ...seen.tags.map((tag): Pair => ["x-tag", tag]),
    ["te", "trailers"],
    ...crumbs.map((crumb): Pair => ["cookie", crumb]),
    ...(hasLength ? [["content-length", String(body.length)] as const] : []),
  ];
  const endsAtOnce = parts.length === 0 && sums.length === 0;
  const steps: Step[] = [{ block, ends: endsAtOnce }];
  for (const [index, part] of parts.entries()) {
    const ends = sums.length === 0 && index === parts.length - 1;
    const padding = random.pick([undefined, undefined, undefined, 0, random.int(256)]);
    steps.push(data(id, part, { ends, ...(padding === undefined ? {} : { padding }) }));
  }
  if (sums.length > 0) steps.push({ block: sums.map((sum): Pair => ["x-sum", sum]), ends: true });
  const isReset = random.chance(0.15);
  if (isReset)
    steps.splice(1 + random.int(steps.length), steps.length, reset(id, random.pick(Object.values(CODE))));
  // What a length delimits has no room for trailers.
  return { planned: { id, seen, body, sums: hasLength ? [] : sums, hasLength, isReset }, steps };
}

/** The parts of a body, each of them a frame: none, or some that may be empty. */
function randomParts(random: Random): Buffer[] {
  if (random.chance(0.25)) return [];
  const lengths = [0, 1, 100, 3_000, 16_000];
  return Array.from({ length: 1 + random.int(5) }, () =>
    Buffer.alloc(random.int(1 + random.pick(lengths)), String(random.int(1_000_000))),
  );
}

/** HEADERS, perhaps padded or with a priority, and CONTINUATION. */
function blockFrames(random: Random, id: number, block: Buffer, ends: boolean): Buffer {
  const cuts = random.chance(0.3)
    ? Array.from({ length: 1 + random.int(3) }, () => random.int(block.length))
    : [];
  const bounds = [...new Set([0, ...cuts, block.length])].toSorted((one, other) => one - other);
  const parts = bounds.slice(1).map((end, index) => block.subarray(bounds[index], end));
  return Buffer.concat(
    parts.map((part, index) => {
      const flags = index === parts.length - 1 ? BIT.END_HEADERS : 0;
      if (index > 0) return frame(TYPE.CONTINUATION, flags, id, part);
      return headersFrame(random, id, part, flags | (ends ? BIT.END_STREAM : 0));
    }),
  );
}

function headersFrame(random: Random, id: number, part: Buffer, flags: number): Buffer {
  const hasPriority = random.chance(0.2);
  const padding = random.chance(0.2) ? random.int(256) : undefined;
  const payload = [
    ...(padding === undefined ? [] : [Buffer.from([padding])]),
    ...(hasPriority ? [Buffer.from([0x80, 0, 0, 0, random.int(256)])] : []),
    ...[part, Buffer.alloc(padding ?? 0)],
  ];
  const more = (padding === undefined ? 0 : BIT.PADDED) | (hasPriority ? BIT.PRIORITY : 0);
  return frame(TYPE.HEADERS, flags | more, id, Buffer.concat(payload));
}

/** A frame that may come at any time, and changes nothing. */
function aside(random: Random, id: number): Buffer {
  return random.pick([
    frame(TYPE.PING, 0, 0, Buffer.from("whenever")),
    frame(TYPE.UNKNOWN, random.int(256), random.pick([0, id, 999]), Buffer.from("what")),
    frame(TYPE.PRIORITY, 0, id, Buffer.from([0, 0, 0, 0, 7])),
    frame(TYPE.SETTINGS, 0, 0),
    windowUpdate(0, 1 + random.int(100_000)),
    windowUpdate(id, 1 + random.int(1_000)),
  ]);
}

/** Spoils the bytes of a session in some places. */
export function spoilt(random: Random, frames: readonly Buffer[]): Buffer {
  const changed = [...frames];
  for (let times = random.int(3); times > 0; times -= 1) spoilFrames(random, changed);
  const bytes = Buffer.concat(changed);
  for (let times = random.int(3); times > 0 && bytes.length > 0; times -= 1)
    bytes[random.int(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.int(256)]);
  if (bytes.length === 0 || random.chance(0.6)) return bytes;
  const at = random.int(bytes.length);
  const behind = random.chance(0.5) ? at : Math.min(bytes.length, at + random.int(40));
  const between = Buffer.from(Array.from({ length: random.int(20) }, () => random.int(256)));
  return Buffer.concat([bytes.subarray(0, at), between, bytes.subarray(behind)]);
}

function spoilFrames(random: Random, frames: Buffer[]): void {
  if (frames.length === 0) return;
  const index = random.int(frames.length);
  const one = Buffer.from(frames[index] ?? "");
  switch (random.int(6)) {
    case 0:
      frames.splice(index, 1);
      break;
    case 1:
      frames.splice(random.int(frames.length), 0, one);
      break;
    case 2: {
      const other = random.int(frames.length);
      [frames[index], frames[other]] = [frames[other] ?? one, one];
      break;
    }
    case 3:
      one[3] = random.int(11);
      frames[index] = one;
      break;
    case 4:
      one[4] = random.int(256);
      frames[index] = one;
      break;
    default:
      one.writeUInt32BE(random.int(20), 5);
      frames[index] = one;
  }
}
