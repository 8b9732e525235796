import { expect, test } from "vitest";
import { startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { connectRawHttp2, get } from "../raw-http2.ts";
import { answered, fieldOf, SOON, settled } from "./session.ts";

test("a 205 whose body never ends is over for its client, and frees the core (RFC 9110 section 15.3.6)", async () => {
  await using core = await startRawCore(({ socket }) => {
    const head = "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n";
    const drip = () => {
      // As the chunk before has gone, and so without an end.
      if (socket.writable) socket.write("1\r\nx\r\n", () => setImmediate(drip));
    };
    socket.once("data", () => socket.write(head, drip));
  });
  await using front = await startFront(core.port, { core: { maxConnections: 1 } });
  using client = await connectRawHttp2(front);
  for (const id of [1, 3, 5]) {
    client.send(get(id, "/"));
    const { blocks, body } = await answered(client, id);
    expect(fieldOf(blocks[0], ":status")).toBe("205");
    expect(body).toHaveLength(0);
    await poll("nothing in flight", () => front.forwarder.inFlight === 0, SOON);
  }
  await poll("the core's connections to be closed", () =>
    core.connections.every(({ socket }) => socket.destroyed),
  );
  await settled(client);
});
