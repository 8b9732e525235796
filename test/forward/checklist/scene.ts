import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type ClientHttp2Stream, connect, constants } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { afterAll } from "vitest";
import {
  connectRaw,
  type Front,
  type RawConnection,
  type RawCore,
  startFront,
  startRawCore,
  WAYS,
} from "../../support/front.ts";
import { type FieldList, type Message, readMessages } from "../../support/messages.ts";
import { poll } from "../../support/poll.ts";

/** A raw core, a front before it, and a client that asks the same over every route a request can take. */

/** Fields as they are sent, names and values. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** What a client asks. The authority is always `app`. */
export interface Ask {
  readonly method?: string;
  readonly target?: string;
  readonly fields?: Fields;
  /** Sent whole; `open`: the test sends it piece by piece. */
  readonly body?: string | { readonly open: true };
  /** The Content-Length; without it a body is chunked over HTTP/1.1. */
  readonly length?: number;
  readonly trailers?: Fields;
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly fields: FieldList;
  readonly body: string;
  readonly trailers: FieldList;
  readonly interim: readonly { readonly status: number; readonly fields: FieldList }[];
  /** Whether it ended as a complete answer does. */
  readonly isComplete: boolean;
}

/** A request under way. */
export interface Talk {
  /** What has come so far; undefined before the final head. */
  sofar(): Reply | undefined;
  /** Interim answers so far. */
  interim(): Reply["interim"];
  /** Waits for the end of the answer, whole or not. */
  reply(): Promise<Reply>;
  /** Bytes that have come, framing and all. */
  bytes(): number;
  /** Sends more of an open body; false: held back, {@link Talk.drained} waits until it goes on. */
  write(text: string): boolean;
  drained(): Promise<void>;
  end(): void;
  /** Takes nothing more of the answer for now, and again. */
  pause(): void;
  resume(): void;
  /** The client goes away. */
  abort(): void;
}

/** A client on a connection of its own; over HTTP/1.1 it asks one thing after the other. */
export interface SceneClient extends Disposable {
  ask(ask?: Ask): Talk;
}

/** A request as it reached the core. */
export interface Arrived {
  readonly message: Message;
  readonly connection: RawConnection;
  answer(text: string): void;
}

/** All three. */
export interface Scene extends AsyncDisposable {
  readonly front: Front;
  readonly core: RawCore;
  client(): Promise<SceneClient>;
  /** Asks by a client of its own. */
  ask(ask?: Ask): Promise<Talk>;
  /** Waits for the request with this index, until `isThere` (by default: until it is complete). */
  arrived(index?: number, isThere?: (message: Message) => boolean): Promise<Arrived>;
  /** How many requests have reached the core. */
  count(): number;
}

/** A way from the client to the core. */
export interface Route {
  /** For the names of tests. */
  readonly name: string;
  /** What the core is told that the client speaks. */
  readonly version: "1.1" | "2.0";
  readonly start: typeof startFront;
  open(front: Front): Promise<SceneClient>;
}

/** There are many tests, and most of their time is waiting. */
const OFTEN = { intervalMs: 3 };

/** An answer that is complete. */
export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Shared by the fronts of one test file: making a certificate takes longer than most tests. */
const dir = mkdtempSync(join(tmpdir(), "tickbird-checklist-"));
afterAll(() => rm(dir, { recursive: true, force: true }));

function sharing(start: typeof startFront): typeof startFront {
  return (corePort, file, options) => start(corePort, file, { dir, ...options });
}

/** The ways of HTTP/1.1: {@link WAYS}. */
export const HTTP1: readonly Route[] = WAYS.map(([way, start]) => ({
  ...{ name: `over HTTP/1.1, ${way}`, version: "1.1" },
  ...{ start: sharing(start), open: openHttp1 },
}));

/** HTTP/2. */
export const HTTP2: Route = {
  ...{ name: "over HTTP/2", version: "2.0" },
  ...{ start: sharing(startFront), open: openHttp2 },
};

/** Every route. */
export const ROUTES: readonly Route[] = [...HTTP1, HTTP2];

/** How a {@link Scene} is set. */
export interface SceneOptions {
  /** One for each request, when it is complete, and the last for all further ones; none: the test answers. */
  readonly answers?: readonly string[];
  /** What the core does by itself with each connection, instead. */
  readonly core?: (connection: RawConnection, index: number) => void;
  /** Settings. */
  readonly file?: Record<string, unknown>;
}

/** Starts a {@link Scene}. */
export async function startScene(
  route: Pick<Route, "start" | "open">,
  { answers = [], core: act = answering(answers), file = {} }: SceneOptions = {},
): Promise<Scene> {
  let connections = 0;
  const core = await startRawCore((connection) => act(connection, connections++));
  const front = await route.start(core.port, file);
  const clients: SceneClient[] = [];
  const client = async () => {
    const opened = await route.open(front);
    clients.push(opened);
    return opened;
  };
  const all = () => core.connections.flatMap((connection) => requestsOf(connection));
  return {
    ...{ front, core, client },
    ask: async (ask) => (await client()).ask(ask),
    arrived: (index = 0, isThere = (message) => message.isComplete) => {
      const look = () => {
        const found = all()[index];
        return found !== undefined && isThere(found.message) && found;
      };
      return poll(`request ${index} at the core`, look, OFTEN);
    },
    count: () => all().length,
    async [Symbol.asyncDispose]() {
      for (const opened of clients) opened[Symbol.dispose]();
      await front[Symbol.asyncDispose]();
      await core[Symbol.asyncDispose]();
    },
  };
}

function answering(answers: readonly string[]): (connection: RawConnection) => void {
  if (answers.length === 0) return () => undefined;
  let next = 0;
  return (connection) => {
    let answered = 0;
    connection.socket.on("data", () => {
      for (; answered < complete(connection).length; answered += 1) {
        const answer = answers[Math.min(next++, answers.length - 1)];
        if (answer !== undefined) connection.socket.write(answer, "latin1");
      }
    });
  };
}

/** The names of fields in lower case. */
export function namesOf(fields: FieldList): string[] {
  return fields.map(([name]) => name.toLowerCase());
}

/** Tells when a connection to the core has closed. */
export function closedState({ socket }: RawConnection): { readonly isClosed: boolean } {
  const state = { isClosed: socket.closed };
  socket.once("close", () => {
    state.isClosed = true;
  });
  return state;
}

function messagesOf(connection: RawConnection): readonly Message[] {
  return readMessages(connection.received(), () => "request").messages;
}

function complete(connection: RawConnection): readonly Message[] {
  return messagesOf(connection).filter(({ isComplete }) => isComplete);
}

function requestsOf(connection: RawConnection): Arrived[] {
  return messagesOf(connection).map((message) => ({
    message,
    connection,
    answer: (text) => void connection.socket.write(text, "latin1"),
  }));
}

function lines(fields: Fields): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

function chunk(text: string): string {
  return text === "" ? "" : `${Buffer.byteLength(text, "latin1").toString(16)}\r\n${text}\r\n`;
}

async function openHttp1(front: Front): Promise<SceneClient> {
  const client = await connectRaw(front);
  let isClosed = false;
  client.socket.once("close", () => {
    isClosed = true;
  });
  return {
    ask({ method = "GET", target = "/", fields = [], body, length, trailers = [] }: Ask = {}) {
      const mark = client.received().length;
      const isChunked = body !== undefined && length === undefined;
      const framing = isChunked ? "Transfer-Encoding: chunked\r\n" : "";
      const size = length === undefined ? "" : `Content-Length: ${length}\r\n`;
      client.send(`${method} ${target} HTTP/1.1\r\nHost: app\r\n${lines(fields)}${framing}${size}\r\n`);
      const write = (text: string) => client.socket.write(isChunked ? chunk(text) : text, "latin1");
      const end = () => (isChunked ? client.send(`0\r\n${lines(trailers)}\r\n`) : undefined);
      if (typeof body === "string") {
        write(body);
        end();
      }
      const messages = () =>
        readMessages(client.received().slice(mark), () => (method === "HEAD" ? "answer to HEAD" : "answer"))
          .messages;
      const interim = () =>
        messages()
          .filter(isInterim)
          .map((message) => ({ status: statusOf(message), fields: message.fields }));
      const sofar = () => {
        const last = messages().find((message) => !isInterim(message));
        if (last === undefined) return undefined;
        const { fields, body, trailers } = last;
        const isComplete = last.isComplete || (last.framing === "close" && isClosed);
        return { status: statusOf(last), fields, body, trailers, interim: interim(), isComplete };
      };
      return {
        ...{ sofar, interim, write, end },
        bytes: () => client.received().length - mark,
        drained: () => drained(client.socket),
        reply: () =>
          ended(
            () => sofar(),
            () => isClosed,
          ),
        pause: () => void client.socket.pause(),
        resume: () => void client.socket.resume(),
        abort: () => void client.socket.destroy(),
      };
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.once("drain", resolve));
}

function statusOf({ start }: Message): number {
  return Number(start.slice(9, 12));
}

function isInterim(message: Message): boolean {
  return statusOf(message) < 200;
}

const NONE: Omit<Reply, "interim"> = { status: 0, fields: [], body: "", trailers: [], isComplete: false };

async function ended(sofar: () => Reply | undefined, isClosed: () => boolean): Promise<Reply> {
  const look = () => {
    const reply = sofar();
    return (reply?.isComplete === true || isClosed()) && { reply };
  };
  const found = await poll("the answer", look, OFTEN);
  return found.reply ?? { ...NONE, interim: [] };
}

async function openHttp2(front: Front): Promise<SceneClient> {
  const session = connect(`https://127.0.0.1:${front.port}`, { ca: front.ca });
  session.on("error", () => undefined);
  return {
    ask({ method = "GET", target = "/", fields = [], body, length, trailers = [] }: Ask = {}) {
      const size = length === undefined ? [] : ["content-length", String(length)];
      const raw = fields.flatMap(([name, value]) => [name.toLowerCase(), value]);
      const head = [":method", method, ":scheme", "https", ":authority", "app", ":path", target];
      const stream = session.request([...head, ...raw, ...size], {
        endStream: body === undefined,
        waitForTrailers: trailers.length > 0,
      });
      stream.on("wantTrailers", () => stream.sendTrailers(Object.fromEntries(trailers)));
      if (typeof body === "string") stream.end(Buffer.from(body, "latin1"));
      return talkOf(stream);
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

function talkOf(stream: ClientHttp2Stream): Talk {
  const interim: { status: number; fields: FieldList }[] = [];
  const state = { ...NONE, body: "", isClosed: false };
  stream.on("headers", (headers, _flags, raw) =>
    interim.push({ status: Number(headers[":status"]), fields: pairsOf(raw) }),
  );
  stream.on("response", (headers, _flags, raw) =>
    Object.assign(state, { status: Number(headers[":status"]), fields: pairsOf(raw) }),
  );
  stream.on("trailers", (_headers: unknown, _flags: unknown, raw: string[]) =>
    Object.assign(state, { trailers: pairsOf(raw) }),
  );
  stream.on("data", (data: Buffer) => {
    state.body += data.toString("latin1");
  });
  stream.on("error", () => undefined);
  stream.on("close", () => {
    state.isClosed = true;
  });
  const sofar = () => {
    if (state.status === 0) return undefined;
    const { isClosed, ...reply } = state;
    return { ...reply, interim, isComplete: isClosed && stream.rstCode === constants.NGHTTP2_NO_ERROR };
  };
  return {
    sofar,
    interim: () => interim,
    reply: () => ended(sofar, () => state.isClosed),
    bytes: () => state.body.length,
    write: (text) => stream.write(Buffer.from(text, "latin1")),
    drained: () => drained(stream),
    end: () => void stream.end(),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    abort: () => stream.close(constants.NGHTTP2_CANCEL),
  };
}

/** Names and values in pairs, without pseudo-headers. */
function pairsOf(raw: readonly string[] | undefined): FieldList {
  const pairs: FieldList = [];
  for (let index = 0; index < (raw?.length ?? 0); index += 2) {
    const name = raw?.[index] ?? "";
    if (!name.startsWith(":")) pairs.push([name, raw?.[index + 1] ?? ""]);
  }
  return pairs;
}
