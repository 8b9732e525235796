import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { compileJava, jmxFixture, jmxFlags, startOdd } from "./jmx-fixtures.ts";
import { freePort } from "./ports.ts";

/**
 * What a JVM with odd MBeans once answered over RMI, given again by a server that needs no Java. With `RECORD_JMX` in the
 * environment (`npm run generate:jmx`) a real JVM answers instead, and its answers are recorded.
 */

/** A server that a JMX client can connect to. */
export interface RecordedJvm extends AsyncDisposable {
  readonly port: number;
  /** How many connections it has had. */
  readonly connections: number;
  /** How many times something came from a client. */
  readonly messages: number;
  /** Ends all connections that are open. */
  disconnect(): void;
}

/** One message of the client, and all that the JVM sent until the next. */
export interface Exchange {
  readonly request: Buffer;
  readonly reply: Buffer;
  /** Whether the JVM closed the connection then. */
  closes: boolean;
}

/** `JRMI` */
const HELLO_START = 0x4a;
const HELLO_BYTES = 7;
/** What the client says of itself, before its first call. */
const ENDPOINT_BYTES = 13;
const PING = 0x52;
const PING_ACK = Buffer.of(0x53);

/** Who may log in at a JVM that is guarded, and only read. */
export const LOOKER = { user: "looker", password: "apassword" };

/**
 * Starts the server that gives the answers recorded under a name.
 * @param isGuarded whether the JVM that is recorded asks for a password.
 */
export async function startRecordedJvm(name: string, { isGuarded = false } = {}): Promise<RecordedJvm> {
  if (process.env["RECORD_JMX"] === undefined) return await replay(recordedExchanges(name));
  return await record(name, isGuarded);
}

interface Recording {
  readonly port: number;
  readonly exchanges: readonly { request: string; reply: string; closes: boolean }[];
}

function read(name: string): Recording {
  const file = jmxFixture(`${name}.json.gz`);
  if (!existsSync(file)) throw new Error(`nothing is recorded as ${name}: npm run generate:jmx`);
  return JSON.parse(gunzipSync(readFileSync(file)).toString());
}

/** The exchanges recorded under a name, with the port that the JVM's stubs name. */
export function recordedExchanges(name: string): { port: number; exchanges: Exchange[] } {
  const { port, exchanges } = read(name);
  return {
    port,
    exchanges: exchanges.map(({ request, reply, closes }) => ({
      request: Buffer.from(request, "base64"),
      reply: Buffer.from(reply, "base64"),
      closes,
    })),
  };
}

/** Serves exchanges: the same request again gets the next answer that it once got, and at the end the last one again. */
export async function replay({
  port,
  exchanges,
}: {
  port: number;
  exchanges: readonly Exchange[];
}): Promise<RecordedJvm> {
  const byRequest = Map.groupBy(exchanges, ({ request }) => request.toString("latin1"));
  return await serve((socket, own) => {
    const takeMessages = createMessageTaker(socket);
    socket.on("data", (chunk: Buffer) => {
      const known = takeMessages(chunk, (request) => byRequest.get(request.toString("latin1")));
      const exchange = known !== undefined && known.length > 1 ? known.shift() : known?.[0];
      if (exchange === undefined) return;
      socket.write(withPort(exchange.reply, port, own));
      if (exchange.closes) socket.end();
    });
  });
}

/** Answers what a connection begins with, and pings; gives what is known of the request that is complete with a chunk. */
function createMessageTaker(socket: Socket) {
  let pending = Buffer.alloc(0);
  let toSkip = 0;
  const answerHello = () => {
    if (pending[0] !== HELLO_START || pending.length < HELLO_BYTES) return;
    pending = pending.subarray(HELLO_BYTES);
    toSkip = ENDPOINT_BYTES;
    socket.write(HELLO_ACK);
  };
  const answerPing = () => {
    if (pending[0] !== PING) return;
    pending = pending.subarray(1);
    socket.write(PING_ACK);
  };
  return <T>(chunk: Buffer, find: (request: Buffer) => T | undefined): T | undefined => {
    pending = Buffer.concat([pending, chunk]);
    answerHello();
    if (pending.length < toSkip) return undefined;
    pending = pending.subarray(toSkip);
    toSkip = 0;
    answerPing();
    const found = find(pending);
    if (found !== undefined) pending = Buffer.alloc(0);
    return found;
  };
}

/** `N`, and how the JVM sees the client. */
const HELLO_ACK = Buffer.from([0x4e, 0, 9, ...Buffer.from("127.0.0.1"), 0, 0, 0x30, 0x39]);

/** Stubs name host and port. */
function withPort(reply: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.from(reply);
  const pattern = endpointOf(from);
  const at = copy.indexOf(pattern);
  if (at !== -1) endpointOf(to).copy(copy, at);
  return copy;
}

function endpointOf(port: number): Buffer {
  const bytes = Buffer.from("\0\u0009127.0.0.1\0\0\0\0", "latin1");
  bytes.writeInt32BE(port, bytes.length - 4);
  return bytes;
}

async function record(name: string, isGuarded: boolean): Promise<RecordedJvm> {
  const classes = await compileJava("Odd");
  const port = await freePort();
  const files = { "password.file": join(classes, "passwords"), "access.file": join(classes, "access") };
  writeFileSync(files["password.file"], `${LOOKER.user} ${LOOKER.password}\n`, { mode: 0o600 });
  writeFileSync(files["access.file"], `${LOOKER.user} readonly\n`, { mode: 0o600 });
  const odd = await startOdd(classes, jmxFlags(port, isGuarded ? { authenticate: true, ...files } : {}));
  const exchanges: Exchange[] = [];
  const proxy = await serve((client, own) => forwardAndRecord(client, { port, own, exchanges }));
  return {
    port: proxy.port,
    get connections() {
      return proxy.connections;
    },
    get messages() {
      return proxy.messages;
    },
    disconnect: () => proxy.disconnect(),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await odd[Symbol.asyncDispose]();
      const recording: Recording = {
        port,
        exchanges: exchanges.map(({ request, reply, closes }) => ({
          request: request.toString("base64"),
          reply: reply.toString("base64"),
          closes,
        })),
      };
      writeFileSync(jmxFixture(`${name}.json.gz`), gzipSync(JSON.stringify(recording), { level: 9 }));
    },
  };
}

function forwardAndRecord(
  client: Socket,
  { port, own, exchanges }: { port: number; own: number; exchanges: Exchange[] },
): void {
  const server = connect(port, "127.0.0.1");
  let request = Buffer.alloc(0);
  let reply = Buffer.alloc(0);
  let latest: Exchange | undefined;
  let skip = HELLO_BYTES;
  const settle = (closes: boolean) => {
    if (reply.length > 0 && latest !== undefined) exchanges.push({ ...latest, reply, closes });
    reply = Buffer.alloc(0);
    latest = undefined;
  };
  client.on("data", (chunk: Buffer) => {
    server.write(chunk);
    if (reply.length > 0) settle(false);
    request = Buffer.concat([request, chunk]);
  });
  server.on("data", (chunk: Buffer) => {
    if (skip === HELLO_BYTES) {
      request = request.subarray(HELLO_BYTES);
      skip = ENDPOINT_BYTES;
      client.write(chunk);
      return;
    }
    if (request.length > 0) {
      const message = request.subarray(skip);
      latest = message[0] === PING ? undefined : { request: message, reply, closes: false };
      request = Buffer.alloc(0);
      skip = 0;
    }
    reply = Buffer.concat([reply, chunk]);
    client.write(withPort(chunk, port, own));
  });
  server.on("end", () => {
    settle(true);
    client.end();
  });
  client.on("close", () => {
    settle(false);
    server.destroy();
  });
  server.on("error", () => client.destroy());
}

async function serve(answer: (socket: Socket, port: number) => void): Promise<RecordedJvm> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let messages = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.on("data", () => {
      messages += 1;
    });
    answer(socket, port);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const disconnect = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    get connections() {
      return connections;
    },
    get messages() {
      return messages;
    },
    disconnect,
    async [Symbol.asyncDispose]() {
      disconnect();
      server.close();
      await once(server, "close");
    },
  };
}
