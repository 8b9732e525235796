import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";

/** The same request sent in three ways: straight to the core, and through the sidecar over HTTP/1.1 and HTTP/2. */

/** What is asked. The path goes out as it is. */
export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** What came back. */
export interface Reply {
  readonly status: number;
  /** Names as they came, values, in their order; pseudo fields left out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
  /** The interim answers (1xx) before it. */
  readonly interim: readonly number[];
  /** The first value of a field. */
  header(name: string): string | undefined;
}

/** One way to a server, with its connections kept. */
export interface Route extends Disposable {
  send(ask: Ask): Promise<Reply>;
}

/** The virtual host that every request names. */
export const HOST = "app.example";

/** Straight to the core, over plain HTTP/1.1. */
export function direct(port: number): Route {
  const agent = new Agent({ keepAlive: true });
  return {
    send: (ask) => exchange1((options) => plainRequest({ host: "127.0.0.1", port, agent, ...options }), ask),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** Through the sidecar over HTTP/1.1, on at most this many connections. */
export function overHttp1(edge: { port: number; ca: string }, maxSockets = 64): Route {
  const agent = new TlsAgent({ keepAlive: true, maxSockets, ca: edge.ca, servername: "localhost" });
  const to = { host: "127.0.0.1", port: edge.port, agent };
  return {
    send: (ask) => exchange1((options) => tlsRequest({ ...to, ...options }), ask),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** Through the sidecar over HTTP/2, on one connection. */
export function overHttp2(edge: { port: number; ca: string }): Route {
  let session: ClientHttp2Session | undefined;
  return {
    send: (ask) => {
      if (session === undefined || session.destroyed || session.closed) {
        session = connect(`https://127.0.0.1:${edge.port}`, {
          ...{ ca: edge.ca, servername: "localhost" },
          // In megabytes: the default of 10 makes Node's client refuse an answer while it holds a body of that size.
          maxSessionMemory: 100,
        });
        session.on("error", () => undefined);
        // The default window of 64 KiB would only measure how fast it is given back.
        session.once("connect", () => session?.setLocalWindowSize(8 * 1_048_576));
      }
      return exchange2(session, ask);
    },
    [Symbol.dispose]: () => session?.destroy(),
  };
}

type Open = (options: { method: string; path: string; headers: Record<string, string> }) => ClientRequest;

async function exchange1(open: Open, { method = "GET", path, headers = {}, body }: Ask): Promise<Reply> {
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const sent = open({ method, path, headers: { Host: HOST, ...length, ...headers } });
  const interim: number[] = [];
  sent.on("information", ({ statusCode }) => interim.push(statusCode));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
  });
  await sendBody(sent, headers, body, answered);
  const answer = await answered;
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(answer, "end");
  const raw = answer.rawHeaders;
  const pairs = raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : [],
  );
  const trailers = Object.fromEntries(
    Object.entries(answer.trailers).map(([name, value]) => [name, value ?? ""]),
  );
  return reply({
    status: answer.statusCode ?? 0,
    headers: pairs,
    body: Buffer.concat(chunks),
    trailers,
    interim,
  });
}

async function exchange2(session: ClientHttp2Session, ask: Ask): Promise<Reply> {
  const { method = "GET", path, headers = {}, body } = ask;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const { Connection: _, ...fields } = headers;
  const stream = session.request(
    { ":method": method, ":path": path, ":authority": HOST, ...length, ...fields },
    { endStream: body === undefined },
  );
  const interim: number[] = [];
  const trailers: Record<string, string> = {};
  stream.on("headers", (fields) => interim.push(Number(fields[":status"])));
  stream.on("trailers", (fields) => {
    for (const [name, value] of Object.entries(fields)) trailers[name] = String(value);
  });
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.once("response", resolve);
  stream.on("error", reject);
  const closed = once(stream, "close");
  closed.catch(() => undefined);
  await sendBody(stream, headers, body, promise);
  const { ":status": status, ...fieldsOfAnswer } = await promise;
  await closed;
  if (stream.rstCode !== 0) throw new Error(`the stream was reset with code ${stream.rstCode}`);
  const pairs = Object.entries(fieldsOfAnswer).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, String(one)] as const),
  );
  return reply({ status: Number(status), headers: pairs, body: Buffer.concat(chunks), trailers, interim });
}

/** Sends the body; where the server was asked for a 100 (RFC 9110 section 10.1.1), not before it or a final answer. */
async function sendBody(
  sent: ClientRequest | ClientHttp2Stream,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string | undefined,
  answered: Promise<unknown>,
): Promise<void> {
  if (headers["Expect"] !== undefined && "flushHeaders" in sent) sent.flushHeaders();
  if (headers["Expect"] !== undefined) {
    const goOn = new Promise<true>((resolve) => sent.once("continue", () => resolve(true)));
    const first = await Promise.race([goOn, answered.then(() => false)]);
    if (!first) {
      sent.end();
      return;
    }
  }
  // A stream without a body has ended with its head.
  if (!sent.writableEnded) sent.end(body);
}

function reply(parts: Omit<Reply, "header">): Reply {
  return {
    ...parts,
    header: (wanted) => parts.headers.find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1],
  };
}
