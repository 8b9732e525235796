import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { connectRaw, type RawClient, startFront, startRawCore, WAYS } from "../support/front.ts";
import { poll } from "../support/poll.ts";

/** Connections to the core that it gives up while they are idle: what is then on its way must not be lost. */

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 4\r\n\r\nbody";
const TIMES = 10;

/** Starts a core that answers every request, and remembers all it was sent. */
async function startAnsweringCore() {
  const seen: string[] = [];
  const core = await startRawCore(({ socket }) => {
    socket.on("data", (piece) => {
      seen.push(piece.toString("latin1"));
      socket.write(OK);
    });
  });
  return { ...core, count: (method: string) => seen.filter((text) => text.startsWith(`${method} `)).length };
}

const answers = (client: RawClient) => client.received().split("HTTP/1.1 200 OK").length - 1;

async function ask(client: RawClient, request: string): Promise<void> {
  const before = answers(client);
  client.send(request);
  await client.wait(() => answers(client) > before);
}

/** Time itself is what earns trust. */
async function passes(forMs: number): Promise<void> {
  const untilMs = performance.now() + forMs;
  await poll("time to pass", () => performance.now() > untilMs);
}

describe.each(WAYS)("%s, in the moment in which a request is given to an idle connection,", (_way, start) => {
  /** Asks, and has the core do something in the same instant; what came of it is looked at many times. */
  async function collide(request: string, happens: (socket: Socket) => void): Promise<void> {
    await using core = await startAnsweringCore();
    await using front = await start(core.port);
    using client = await connectRaw(front);
    await ask(client, GET);
    await passes(1_100);
    // Left alone for so long, the core is trusted with what can't be sent twice.
    await ask(client, GET);
    expect(core.connections).toHaveLength(1);
    // Both are there when the event loop turns, the request first.
    client.send(request);
    const idle = core.connections[0];
    if (idle !== undefined) happens(idle.socket);
    await client.wait(() => answers(client) === 3 || client.received().includes("HTTP/1.1 5"));
    expect(client.received()).not.toContain("HTTP/1.1 5");
    expect(client.received()).not.toContain("HTTP/1.1 4");
    expect(core.count("POST")).toBe(request === POST ? 1 : 0);
  }
  const repeatedly = async (request: string, happens: (socket: Socket) => void) => {
    await Promise.all(Array.from({ length: TIMES }, () => collide(request, happens)));
  };

  test("a reset loses no GET", () => repeatedly(GET, (socket) => void socket.resetAndDestroy()));
  test("a reset loses no POST", () => repeatedly(POST, (socket) => void socket.resetAndDestroy()));
  test("an end loses no POST", () => repeatedly(POST, (socket) => void socket.destroySoon()));
  test("what the core says as it closes is not taken for the answer", () =>
    repeatedly(
      POST,
      (socket) => void socket.end("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
    ));
});

describe("what can't be sent twice", () => {
  test("goes on a connection of its own while the core is not trusted, and the idle one makes room", async () => {
    await using core = await startAnsweringCore();
    await using front = await startFront(core.port);
    using client = await connectRaw(front);
    await ask(client, GET);
    await ask(client, POST);
    expect(core.connections).toHaveLength(2);
    await poll("the first to be closed", () => core.connections[0]?.socket.destroyed);
    await ask(client, GET);
    expect(core.connections).toHaveLength(2);
  });

  test("also where it has waited for its turn", async () => {
    await using core = await startRawCore();
    await using front = await startFront(core.port, { core: { maxConnections: 1 } });
    using first = await connectRaw(front, GET);
    const connection = await core.connection(0);
    await connection.wait((text) => text.endsWith("\r\n\r\n"));
    using second = await connectRaw(front, POST);
    await poll("both to be under way", () => front.forwarder.inFlight === 2);
    connection.socket.write(OK);
    const other = await core.connection(1);
    await other.wait((text) => text.endsWith("body"));
    other.socket.write(OK);
    await first.wait((text) => text.endsWith("ok"));
    await second.wait((text) => text.endsWith("ok"));
    expect(connection.received()).not.toContain("POST");
  });
});
