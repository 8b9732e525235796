import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { BatchedWriter } from "../../../src/web/wire/batched-writer.ts";
import { listenLocally } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { randomOf } from "../../support/random.ts";

/** A writer, and what has come at the other end. */
async function startWriter({ reads = true } = {}) {
  const seen: Buffer[] = [];
  const peers: Socket[] = [];
  const server = createServer((socket) => {
    peers.push(socket);
    if (reads) socket.on("data", (data: Buffer) => seen.push(data));
    socket.on("error", () => undefined);
  });
  const socket = connect(await listenLocally(server), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  await poll("the other end", () => peers.length === 1);
  return {
    ...{ socket, peers, writer: new BatchedWriter(socket) },
    text: () => Buffer.concat(seen).toString("latin1"),
    [Symbol.dispose]() {
      socket.destroy();
      for (const peer of peers) peer.destroy();
      server.close();
    },
  };
}

test("everything comes in its order, small and large, text and bytes, though the bytes are used again at once", async () => {
  using place = await startWriter();
  const random = randomOf(5);
  const shared = Buffer.alloc(65_536);
  let expected = "";
  for (let round = 0; round < 400; round += 1) {
    const letter = String.fromCharCode(97 + random.int(26));
    if (random.chance(0.3)) {
      place.writer.add(`<${letter}>`);
      expected += `<${letter}>`;
    }
    const size = random.pick([0, 1, 700, 16_383, 16_384, 65_536]);
    shared.fill(letter);
    const after = random.chance(0.3) ? "\r\n" : "";
    place.writer.addCopy(shared.subarray(0, size), after);
    shared.fill("!");
    expected += letter.repeat(size) + after;
    if (random.chance(0.5)) place.writer.send();
    if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
  }
  place.writer.sendNow();
  await poll("all of it", () => place.text().length >= expected.length);
  expect(place.text() === expected).toBe(true);
  expect(place.writer.waitingBytes).toBe(0);
});

test("what was not sent is taken back, and only that", async () => {
  using place = await startWriter();
  const { writer } = place;
  writer.add("kept ");
  const [writes, pieces] = [writer.writes, writer.pieces];
  writer.add("head ");
  writer.addCopy(Buffer.from("body"));
  expect(writer.takeBack(writes, pieces)).toBe(true);
  writer.add("other");
  writer.sendNow();
  await poll("it", () => place.text() === "kept other");
  writer.add("gone ");
  writer.sendNow();
  expect(writer.takeBack(writes, pieces)).toBe(false);
});

test("a reader that stands still is seen by what waits, and nothing is lost on it when it reads on", async () => {
  using place = await startWriter({ reads: false });
  const data = Buffer.alloc(65_536, "x");
  let bytes = 0;
  while (place.writer.waitingBytes < 1_048_576) {
    place.writer.addCopy(data);
    bytes += data.length;
  }
  let read = 0;
  place.peers[0]?.on("data", (piece: Buffer) => {
    read += piece.length;
  });
  await poll("all of it", () => read === bytes);
});

test("nothing is written to a socket that is gone", async () => {
  using place = await startWriter();
  place.socket.destroy();
  place.writer.add("text");
  place.writer.addCopy(Buffer.alloc(65_536));
  place.writer.sendNow();
  expect(place.writer.writes).toBe(0);
});
