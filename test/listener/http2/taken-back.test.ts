import { expect, test } from "vitest";
import { startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { type Core, startAlone } from "../alone.ts";
import { connectRawHttp2, get, requestFields } from "../raw-http2.ts";
import {
  answered,
  CODE,
  data,
  expectOpen,
  fieldOf,
  headers,
  heard,
  ping,
  SETTING,
  settings,
  settled,
  TYPE,
  windowUpdate,
} from "./session.ts";

/** Answers that are taken back before they have gone out: what stands beside them goes out all the same. */

/** What meets what in one turn of the event loop is not ours to say: often enough, it is what is meant. */
const ROUNDS = 20;

test("an answer that is taken back for a 413 takes nothing of another stream with it, and no answer to a PING", async () => {
  await using core = await startRawCore();
  await using front = await startFront(core.port, { limits: { maxBodyBytes: 100 } });
  for (let round = 0; round < ROUNDS; round += 1) {
    using client = await connectRawHttp2(front);
    client.send(settings([SETTING.INITIAL_WINDOW_SIZE, 1_000]));
    await settled(client);
    const known = core.connections.map((it) => ({ it, before: it.received().length }));
    const asked = (what: string) =>
      poll(`${what} at the core`, () =>
        core.connections.find((it) =>
          it
            .received()
            .slice(known.find((one) => one.it === it)?.before ?? 0)
            .includes(what),
        ),
      );
    client.send(headers(1, requestFields("POST", "/long")), data(1, Buffer.alloc(50)), get(3, "/short"));
    const long = await asked("POST /long");
    const short = await asked("GET /short");
    long.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${"A".repeat(2_000)}`);
    short.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n${"B".repeat(500)}`);
    client.send(
      ping(`round ${String(round).padStart(2, "0")}`),
      windowUpdate(1, 1_000),
      data(1, Buffer.alloc(100)),
    );
    const { body, resetCode } = await answered(client, 3);
    expect(body.toString()).toBe("B".repeat(500));
    expect(resetCode).toBeUndefined();
    const { blocks } = await poll("the end of the other", () => {
      const it = heard(client.frames, 1);
      return (it.hasEnded || it.resetCode !== undefined) && it;
    });
    expect(["200", "413"]).toContain(fieldOf(blocks[0], ":status"));
    await settled(client);
    const pings = client.frames
      .filter(({ type }) => type === TYPE.PING)
      .map(({ payload }) => String(payload));
    expect(pings).toContain(`round ${String(round).padStart(2, "0")}`);
    for (const { socket } of core.connections) socket.destroy();
    await poll("nothing in flight", () => front.forwarder.inFlight === 0);
  }
});

/** Calls it so many ticks later: within one turn of the event loop. */
function afterTicks(count: number, then: () => void): void {
  if (count === 0) then();
  else process.nextTick(() => afterTicks(count - 1, then));
}

test("an answer of ours that breaks in the turn in which it was begun takes nothing of another stream with it", async () => {
  const breaks: Core = (request, answer) => {
    request.on("error", () => undefined);
    answer.on("error", () => undefined);
    if (request.url === "/whole") {
      afterTicks(8, () => void answer.end("whole"));
      return;
    }
    answer.write("one");
    afterTicks(20, () => {
      answer.write("two");
      afterTicks(20, () => void request.socket.destroy(new Error("it breaks")));
    });
  };
  await using alone = await startAlone({}, breaks);
  using client = await connectRawHttp2(alone);
  await settled(client);
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = 1 + 4 * round;
    client.send(get(id, "/broken"), get(id + 2, "/whole"));
    const { body, blocks } = await answered(client, id + 2);
    expect(body.toString()).toBe("whole");
    expect(fieldOf(blocks[0], ":status")).toBe("200");
    const broken = await poll("the end of the other", () => {
      const it = heard(client.frames, id);
      return (it.hasEnded || it.resetCode !== undefined) && it;
    });
    if (broken.resetCode === undefined) expect(fieldOf(broken.blocks[0], ":status")).toMatch(/^5/);
    else expect(broken.resetCode).toBe(CODE.INTERNAL_ERROR);
    expectOpen(client);
  }
});
