import { connect, createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { clientAddressOf, tellClientAddress } from "../../src/web/client-address.ts";
import { listenLocally } from "../support/front.ts";
import { poll } from "../support/poll.ts";

/** An address that nothing else on this machine connects from: so a port of it, once used, is free again. */
const CLIENT = "127.0.77.7";

async function startServer() {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    accepted.push(socket);
  });
  const port = await listenLocally(server);
  return {
    /** Connects from a port of the client, any free one for 0; gives both ends. */
    async pair(localPort = 0) {
      const count = accepted.length;
      const client = connect({ port, host: "127.0.0.1", localAddress: CLIENT, localPort });
      client.on("error", () => undefined);
      return { client, socket: await poll("the connection", () => accepted[count]) };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("the client's address", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8::7", "2001:db8::7"],
    ["fe80::1%eth0", "fe80::1"],
    [undefined, "unknown"],
  ])("is that of the other end: %s is %s", (remoteAddress, address) => {
    const ends = { remoteAddress, remotePort: 1, localAddress: "::", localPort: 2 };
    expect(clientAddressOf(ends)).toBe(address);
  });

  test("is the one that was told, for this connection and nobody else's", async () => {
    await using server = await startServer();
    const { socket } = await server.pair();
    const other = await server.pair();
    tellClientAddress(socket, "192.0.2.9");
    expect(clientAddressOf(socket)).toBe("192.0.2.9");
    const { remoteAddress = "", remotePort = 0, localAddress = "", localPort = 0 } = socket;
    expect(clientAddressOf({ remoteAddress, remotePort, localAddress, localPort })).toBe("192.0.2.9");
    expect(clientAddressOf(other.socket)).toBe(CLIENT);
  });

  test("is forgotten with the connection: the next one from the same port is itself", async () => {
    await using server = await startServer();
    const { client, socket } = await server.pair();
    tellClientAddress(socket, "192.0.2.9");
    const { localPort } = client;
    // A reset leaves nothing behind that keeps the port from being used again at once.
    client.resetAndDestroy();
    await poll("the connection to be closed", () => socket.closed);
    const next = await server.pair(localPort);
    expect(next.socket.remotePort).toBe(localPort);
    expect(clientAddressOf(next.socket)).toBe(CLIENT);
  });
});
