import { createServer } from "node:net";
import { expect, test } from "vitest";
import { connectRaw, startFront, startRawCore, unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";

const GET = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const hasProblem = (text: string) => text.endsWith("}\n");

test("a core that is down is not tried by every request, but probed, and comes back by itself", async () => {
  const port = await unusedPort();
  // Long enough for the probe to come after all that is asked here.
  await using front = await startFront(port, { core: { probeIntervalMs: 2_000 } });
  const refused = async () => {
    using client = await connectRaw(front, GET);
    return await client.wait(hasProblem);
  };
  for (let request = 0; request < 3; request++)
    expect(await refused()).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: /);

  let attempts = 0;
  const server = createServer((socket) => {
    attempts += 1;
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write(OK));
  });
  server.listen(port, "127.0.0.1");
  try {
    expect(await refused()).toMatch(/^HTTP\/1\.1 503 [\s\S]*core-unavailable/);
    expect(attempts).toBe(0);
    await poll("the probe", () => attempts > 0);
    await poll("an answer of the core", async () => {
      using client = await connectRaw(front, GET);
      return (await client.wait((text) => hasProblem(text) || text.endsWith("ok"))).endsWith("ok");
    });
  } finally {
    server.close();
    server.unref();
  }
});

test("a core that says how long it keeps connections is not sent requests after that", async () => {
  await using core = await startRawCore(({ socket }) => {
    socket.on("data", () => socket.write(OK.replace("\r\n\r\n", "\r\nKeep-Alive: timeout=1\r\n\r\n")));
  });
  await using front = await startFront(core.port);
  using client = await connectRaw(front, GET);
  await client.wait((text) => text.endsWith("ok"));
  // A second less than said is no time at all.
  await poll("the connection to be closed", () => core.connections[0]?.socket.destroyed);
});
