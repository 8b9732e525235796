import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { createForwarder, type Forwarder } from "../../src/forward/forwarder.ts";
import { createInnerServer } from "../../src/forward/inner/inner-server.ts";
import { isCarriedUpgrade } from "../../src/forward/upgrade/switching.ts";
import { type CertificateStore, openCertificates } from "../../src/listener/certificates.ts";
import { createDispatch } from "../../src/listener/dispatch.ts";
import { type Listener, startListener } from "../../src/listener/listener.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { createLog } from "../../src/web/log.ts";
import { createTrustedPeers } from "../../src/web/trusted-peers.ts";
import { poll } from "./poll.ts";

/** The listener, the gate and the forwarder, as the sidecar joins them, with nothing of its own behind the prefix. */
export interface Front extends AsyncDisposable {
  readonly port: number;
  readonly ca: string;
  readonly forwarder: Forwarder;
  readonly listener: Listener;
  readonly certificates: CertificateStore;
  close(): void;
}

/** What of a {@link Front} is other than in the sidecar. */
export interface FrontOptions {
  /** False: Node's own parser reads every HTTP/1.1 request, as if none were plain. */
  readonly lean?: boolean;
  /** The state folder, kept afterwards; one of its own, and removed, where it is missing. */
  readonly dir?: string;
  /** Gets the lines of the log; nobody where it is missing. */
  readonly log?: { write(line: string): void };
}

/** Starts a {@link Front} before a core on `corePort` of loopback. */
export async function startFront(
  corePort: number,
  file: Record<string, unknown> = {},
  { lean = true, dir: kept, log: lines }: FrontOptions = {},
): Promise<Front> {
  const dir = kept ?? (await mkdtemp(join(tmpdir(), "tickbird-front-")));
  const stop = new AbortController();
  const { settings } = loadSettings({
    flags: { core: `http://127.0.0.1:${corePort}`, "https-port": "0" },
    file: { path: "test", text: JSON.stringify(file) },
  });
  const log = createLog({ level: lines === undefined ? "silent" : "info", access: true }, lines);
  const certificates = await openCertificates({ https: settings.https, dir, log, signal: stop.signal });
  let closing = false;
  const isClosing = () => closing;
  const trustedPeers = createTrustedPeers(settings.https.trustedPeers);
  const forwarder = createForwarder({ settings, trustedPeers, isClosing });
  const ours = (
    _request: unknown,
    answer: { writeHead(status: number): unknown; end(text: string): unknown },
  ) => {
    answer.writeHead(200);
    answer.end("ours");
  };
  const inner = createInnerServer(ours);
  const handlers = createDispatch({
    ...{ prefix: settings.prefix, trustedPeers, accessLog: log, isClosing },
    destinations: {
      ours,
      carryOurs: inner.carry,
      core: forwarder.forward,
      carry: forwarder.carry,
      coreUpgrade: forwarder.upgrade,
      coreConnect: forwarder.connect,
      upgrades: isCarriedUpgrade,
    },
  });
  const listener = await startListener(
    settings,
    { certificates, clientCa: undefined },
    { ...handlers, lean: lean ? handlers.lean : undefined },
    log,
  );
  return {
    port: listener.port,
    ca: certificates.caPem() ?? "",
    ...{ forwarder, listener, certificates },
    close() {
      closing = true;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await listener[Symbol.asyncDispose]();
      inner[Symbol.dispose]();
      forwarder[Symbol.dispose]();
      await certificates[Symbol.asyncDispose]();
      if (kept === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

/**
 * The ways that a request over HTTP/1.1 can take, each with what starts a {@link Front} that takes it: for tests of what
 * must be the same on both.
 */
export const WAYS: readonly (readonly [way: string, start: typeof startFront])[] = [
  ["on the lean way", startFront],
  ["on Node's way", (corePort, file, options) => startFront(corePort, file, { ...options, lean: false })],
];

/** One connection that a {@link RawCore} accepted: everything that came, and a pen. */
export interface RawConnection {
  readonly socket: Socket;
  /** All bytes so far, as latin1. */
  received(): string;
  /** Waits until the bytes so far satisfy `until`. */
  wait(until: (text: string) => boolean): Promise<string>;
}

/** A core that is nothing but a TCP server: tests see every byte that reaches it, and write every byte it answers. */
export interface RawCore extends AsyncDisposable {
  readonly port: number;
  readonly connections: readonly RawConnection[];
  /** Waits for the connection with this index. */
  connection(index: number): Promise<RawConnection>;
}

/** Starts a {@link RawCore}; `onConnection` may answer by itself. */
export async function startRawCore(
  onConnection: (connection: RawConnection) => void = () => {},
): Promise<RawCore> {
  const connections: RawConnection[] = [];
  const server = createServer((socket) => {
    const connection = observe(socket);
    connections.push(connection);
    onConnection(connection);
  });
  const port = await listenLocally(server);
  return {
    port,
    connections,
    connection: (index) => poll(`connection ${index} to the core`, () => connections[index]),
    async [Symbol.asyncDispose]() {
      for (const { socket } of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A raw TLS client of a {@link Front}. */
export interface RawClient extends Disposable {
  readonly socket: TLSSocket;
  send(text: string): void;
  received(): string;
  wait(until: (text: string) => boolean): Promise<string>;
  /** Waits until the other side has closed; gives all that came. */
  closed(): Promise<string>;
}

/** Connects a {@link RawClient} and, if given, sends `text` at once. */
export async function connectRaw(front: Pick<Front, "port" | "ca">, text?: string): Promise<RawClient> {
  const socket = connectTls({
    host: "127.0.0.1",
    port: front.port,
    ca: front.ca,
    ALPNProtocols: ["http/1.1"],
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const seen = observe(socket);
  let isClosed = false;
  socket.once("close", () => {
    isClosed = true;
  });
  if (text !== undefined) socket.write(text, "latin1");
  return {
    socket,
    send: (more) => void socket.write(more, "latin1"),
    received: seen.received,
    wait: seen.wait,
    closed: () => poll("the connection to close", () => isClosed).then(() => seen.received()),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Listens on a free port of loopback; gives the port. */
export async function listenLocally(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP server");
  return address.port;
}

/** Below those that the system gives who asks for any (`net.ipv4.ip_local_port_range`), 400 to each worker of the tests. */
const UNUSED = { first: 24_000, each: 400, workers: 20 };
let lastUnused = 0;

/** A port of loopback where nobody listens, and nobody will who lets the system choose: other tests run beside this one. */
export async function unusedPort(): Promise<number> {
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 0) % UNUSED.workers;
  for (let tries = 0; tries < UNUSED.each; tries += 1) {
    lastUnused = (lastUnused + 1) % UNUSED.each;
    const port = UNUSED.first + worker * UNUSED.each + lastUnused;
    if (await isUnused(port)) return port;
  }
  throw new Error(`every port from ${UNUSED.first} on is in use`);
}

async function isUnused(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

function observe(socket: Socket): RawConnection {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  return {
    socket,
    received: () => text,
    wait: (until) =>
      poll("the expected bytes", () => until(text) && { text }).then(
        (found) => found.text,
        (error: unknown) => {
          throw new Error(`what came instead: ${JSON.stringify(text)}`, { cause: error });
        },
      ),
  };
}
