import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { Agent, request as requestHttp1 } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Front, startFront, startRawCore } from "../support/front.ts";
import { randomOf, seedOr } from "../support/random.ts";

/** The head of an answer that comes again is taken as it was read before: each client gets all of it that is its own. */

const ANSWERS: Readonly<Record<string, string>> = {
  "/plain":
    "HTTP/1.1 200 Fine\r\nX-One: 1\r\nSet-Cookie: a\r\nContent-Length: 4\r\nSet-Cookie: b\r\n\r\nbody",
  "/other":
    "HTTP/1.1 404 None\r\nX-One: 2\r\nSet-Cookie: a\r\nContent-Length: 4\r\nSet-Cookie: b\r\n\r\nbody",
  "/hops":
    "HTTP/1.1 200 Fine\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=60\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody",
  "/old": "HTTP/1.0 200 Fine\r\nConnection: keep-alive\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody",
  "/chunks":
    "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nX-One: 1\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 4\r\n\r\n",
  "/nothing": "HTTP/1.1 204 Gone\r\nX-One: 1\r\n\r\n",
  "/reset": "HTTP/1.1 205 Anew\r\nX-One: 1\r\nContent-Length: 0\r\n\r\n",
};

/** What a client got: its fields but for Date, those of the connection and of the framing. */
interface Seen {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
  readonly isDated: boolean;
}

const OF_THE_WAY = /^(date|connection|keep-alive|transfer-encoding|trailer|content-length)$/;

function seenOf(status: number, raw: readonly string[], body: string): Seen {
  const pairs = raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ""] as const] : [],
  );
  const fields = pairs.filter(([name]) => !OF_THE_WAY.test(name)).map(([name, value]) => `${name}: ${value}`);
  return { status, fields, body, isDated: pairs.some(([name]) => name === "date") };
}

let front: Front;
let agent: Agent;
let session: ClientHttp2Session;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const core = stack.use(
    await startRawCore(({ socket }) => {
      let text = "";
      socket.on("data", (piece) => {
        text += piece.toString("latin1");
        // A body in chunks has but this one.
        const end = /^POST/.test(text) ? "0\r\n\r\n" : "\r\n\r\n";
        if (!text.endsWith(end)) return;
        const [method, target = ""] = text.split(" ", 2);
        text = "";
        const answer = ANSWERS[target] ?? "";
        socket.write(method === "HEAD" ? answer.slice(0, answer.indexOf("\r\n\r\n") + 4) : answer);
      });
    }),
  );
  // All on one connection, so that each head meets the one before.
  front = stack.use(await startFront(core.port, { core: { maxConnections: 1 } }));
  agent = new Agent({ ca: front.ca, keepAlive: true, maxSockets: 1 });
  stack.defer(() => agent.destroy());
  session = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: front.ca });
  stack.defer(() => session.destroy());
});
afterAll(() => stack.disposeAsync());

function overHttp1(method: string, path: string, body?: string): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>();
  const headers = body === undefined ? {} : { "Transfer-Encoding": "chunked" };
  const asked = requestHttp1(
    { host: "127.0.0.1", port: front.port, path, method, agent, headers },
    (answer) => {
      let text = "";
      answer.setEncoding("latin1").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () => resolve(seenOf(answer.statusCode ?? 0, answer.rawHeaders, text)));
      answer.on("error", reject);
    },
  );
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

function overHttp2(method: string, path: string): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>();
  const stream = session.request({ ":method": method, ":path": path });
  let head: Seen | undefined;
  let text = "";
  stream.on("response", (headers, _flags, raw: readonly string[]) => {
    const own = raw.slice(raw.findIndex((name, index) => index % 2 === 0 && !name.startsWith(":")));
    head = seenOf(Number(headers[":status"]), own, "");
  });
  stream.setEncoding("latin1").on("data", (piece: string) => {
    text += piece;
  });
  stream.on("error", reject);
  stream.on("close", () =>
    head === undefined ? reject(new Error("no answer")) : resolve({ ...head, body: text }),
  );
  stream.end();
  return promise;
}

const CLIENTS: Readonly<Record<string, (path: string) => Promise<Seen>>> = {
  "GET over HTTP/1.1": (path) => overHttp1("GET", path),
  "HEAD over HTTP/1.1": (path) => overHttp1("HEAD", path),
  "POST in chunks, read by Node": (path) => overHttp1("POST", path, "x"),
  "GET over HTTP/2": (path) => overHttp2("GET", path),
  "HEAD over HTTP/2": (path) => overHttp2("HEAD", path),
};

describe.each(Object.keys(ANSWERS))("the answer to %s", (path) => {
  test("is the same to all, whoever had it before", async () => {
    const random = randomOf(seedOr(41));
    const names = Object.keys(CLIENTS);
    const text = ANSWERS[path] ?? "";
    const status = Number(text.slice(9, 12));
    const isPlain = path === "/plain" || path === "/other";
    const fields = [
      `x-one: ${path === "/other" ? 2 : 1}`,
      ...(isPlain ? ["set-cookie: a", "set-cookie: b"] : []),
    ];
    for (let round = 0; round < 60; round += 1) {
      const name = random.pick(names);
      const seen = await CLIENTS[name]?.(path);
      const body = status === 404 || status === 200 ? "body" : "";
      expect(seen, name).toEqual({
        status,
        fields,
        body: name.startsWith("HEAD") ? "" : body,
        isDated: true,
      });
    }
  });
});

test("answers that take turns are never taken for each other", async () => {
  const random = randomOf(seedOr(42));
  for (let round = 0; round < 120; round += 1) {
    const path = random.pick(["/plain", "/other"]);
    const seen = await CLIENTS[random.pick(Object.keys(CLIENTS))]?.(path);
    expect(seen?.status).toBe(path === "/plain" ? 200 : 404);
    expect(seen?.fields[0]).toBe(`x-one: ${path === "/plain" ? 1 : 2}`);
  }
});
