import { monotonicMs, wallMs } from "../../base/clock.ts";
import {
  FAILURES,
  failureIndex,
  METHODS,
  methodIndex,
  PROTOCOLS,
  protocolIndex,
} from "../../web/traffic/counters.ts";
import {
  type ConnectionEnds,
  isWanted,
  type RecentRequest,
  type RecentWish,
} from "../../web/traffic/traffic.ts";
import type { Tally } from "./tally.ts";

/**
 * The latest requests that are over, in memory that is taken once. Texts are copied into it: a string that was cut out
 * of what a client sent would keep all of that alive.
 */

/** So much is kept of each text; request ids have at most so many characters. */
const TEXT_BYTES = { id: 128, method: 32, path: 336 } as const;
const METHOD_AT = TEXT_BYTES.id;
const PATH_AT = METHOD_AT + TEXT_BYTES.method;
const ROW_BYTES = PATH_AT + TEXT_BYTES.path;

/** The numbers of a row. */
const STARTED = 0;
const SENT = 1;
const HEAD = 2;
const END = 3;
const CLIENT = 4;
const REQUEST_BYTES = 5;
const RESPONSE_BYTES = 6;
/** Its end, by the clock of the day. */
const END_TIME = 7;
const NUMBERS = 8;

/** The small numbers of a row. */
const STATUS = 0;
const PROTOCOL = 1;
const FAILURE = 2;
const RETRIES = 3;
const ID_LENGTH = 4;
/** By its name where it has one, else by its text. */
const METHOD = 5;
const METHOD_LENGTH = 6;
const PATH_LENGTH = 7;
const WHOLE_PATH = 8;
const UPGRADED = 9;
const SMALL = 10;

const NO_FAILURE = 255;
const OTHER = "other" satisfies (typeof METHODS)[number];

/** The ring: some 580 bytes a request. */
export class RequestRing {
  readonly #capacity: number;
  readonly #texts: Buffer;
  readonly #numbers: Float64Array;
  readonly #small: Uint16Array;
  readonly #clients: (string | undefined)[];
  readonly #ends: (ConnectionEnds | undefined)[];
  #next = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#texts = Buffer.alloc(capacity * ROW_BYTES);
    this.#numbers = new Float64Array(capacity * NUMBERS);
    this.#small = new Uint16Array(capacity * SMALL);
    this.#clients = new Array<string | undefined>(capacity).fill(undefined);
    this.#ends = new Array<ConnectionEnds | undefined>(capacity).fill(undefined);
  }

  /** Puts one in, in the place of the oldest. @param client a text of its own, not one cut out of another. */
  add(tally: Tally, client: string, endMs: number): void {
    const row = this.#next;
    this.#next = row + 1 === this.#capacity ? 0 : row + 1;
    if (this.#count < this.#capacity) this.#count += 1;
    this.#addTexts(row, tally);
    const { request, failure } = tally;
    const numbers = this.#numbers;
    const at = row * NUMBERS;
    numbers[at + STARTED] = request.info.startedAtMs;
    numbers[at + SENT] = tally.sentAtMs;
    numbers[at + HEAD] = tally.headAtMs;
    numbers[at + END] = endMs;
    numbers[at + END_TIME] = wallMs(endMs);
    numbers[at + CLIENT] = tally.clientMs;
    numbers[at + REQUEST_BYTES] = tally.requestBytes;
    numbers[at + RESPONSE_BYTES] = tally.responseBytes;
    const small = this.#small;
    const smallAt = row * SMALL;
    small[smallAt + STATUS] = tally.status;
    small[smallAt + PROTOCOL] = protocolIndex(request.version);
    small[smallAt + FAILURE] = failure === undefined ? NO_FAILURE : failureIndex(failure);
    small[smallAt + RETRIES] = tally.retries;
    small[smallAt + UPGRADED] = tally.isUpgraded ? 1 : 0;
    this.#clients[row] = client;
    this.#ends[row] = tally.connection?.ends;
  }

  /** Those that are wanted, the newest first. */
  read(wish: RecentWish): RecentRequest[] {
    const found: RecentRequest[] = [];
    for (let age = 1; age <= this.#count && found.length < wish.limit; age += 1) {
      const request = this.#read((this.#next - age + this.#capacity) % this.#capacity);
      if (isWanted(request, wish)) found.push(request);
    }
    return found;
  }

  #addTexts(row: number, { request: { info, method, target } }: Tally): void {
    const queryAt = target.indexOf("?");
    const whole = queryAt === -1 ? target.length : queryAt;
    const texts = this.#texts;
    const at = row * ROW_BYTES;
    const small = this.#small;
    const smallAt = row * SMALL;
    const path = Math.min(whole, TEXT_BYTES.path);
    small[smallAt + ID_LENGTH] = texts.write(info.id, at, TEXT_BYTES.id, "latin1");
    const named = methodIndex(method);
    small[smallAt + METHOD] = named;
    if (METHODS[named] === OTHER) {
      small[smallAt + METHOD_LENGTH] = texts.write(method, at + METHOD_AT, TEXT_BYTES.method, "latin1");
    }
    small[smallAt + PATH_LENGTH] = texts.write(target, at + PATH_AT, path, "latin1");
    small[smallAt + WHOLE_PATH] = whole > TEXT_BYTES.path ? 0 : 1;
  }

  #text(row: number, from: number, length: number | undefined): string {
    const at = row * ROW_BYTES + from;
    return this.#texts.toString("latin1", at, at + (length ?? 0));
  }

  #method(row: number, named: number, length: number): string {
    const name = METHODS[named] ?? OTHER;
    return name === OTHER ? this.#text(row, METHOD_AT, length) : name;
  }

  #read(row: number): RecentRequest {
    const number = (which: number) => this.#numbers[row * NUMBERS + which] ?? 0;
    const small = (which: number) => this.#small[row * SMALL + which] ?? 0;
    const [started, sent, head, end] = [number(STARTED), number(SENT), number(HEAD), number(END)];
    const durationMs = end - started;
    // What was never given to the core has waited here all the time.
    const sidecarMs = (sent === 0 ? end : sent) - started;
    const client = number(CLIENT);
    return {
      id: this.#text(row, 0, small(ID_LENGTH)),
      method: this.#method(row, small(METHOD), small(METHOD_LENGTH)),
      path: withoutSession(this.#text(row, PATH_AT, small(PATH_LENGTH))),
      isPathCut: small(WHOLE_PATH) === 0,
      protocol: PROTOCOLS[small(PROTOCOL)] ?? "",
      client: this.#clients[row] ?? "",
      status: small(STATUS) === 0 ? null : small(STATUS),
      failure: FAILURES[small(FAILURE)] ?? null,
      startTime: new Date(number(END_TIME) - durationMs).toISOString(),
      window: sent === 0 ? null : { startNs: nanoseconds(sent), endNs: nanoseconds(end) },
      durationMs: round(durationMs),
      firstByteMs: head === 0 ? null : round(head - started),
      waitedMs: {
        client: round(client),
        sidecar: round(sidecarMs),
        core: round(Math.max(0, durationMs - sidecarMs - client)),
      },
      requestBytes: number(REQUEST_BYTES),
      responseBytes: number(RESPONSE_BYTES),
      isUpgraded: small(UPGRADED) === 1,
      retries: small(RETRIES),
      connection: this.#ends[row] ?? null,
    };
  }
}

/** Servlet containers put the id of a session into the path (Jakarta Servlet 6.0 section 7.1.3): whoever has it is signed in. */
function withoutSession(path: string): string {
  return path.replace(/;jsessionid=[^;/]*/gi, ";jsessionid=…");
}

function nanoseconds(atMs: number): number {
  return Math.round(monotonicMs(atMs) * 1e6);
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
