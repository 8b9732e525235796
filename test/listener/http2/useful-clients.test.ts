import { afterAll, beforeAll, test } from "vitest";
import { type Front, type RawCore, startFront, startRawCore } from "../../support/front.ts";
import { poll } from "../../support/poll.ts";
import { connectRawHttp2, frame, get } from "../raw-http2.ts";
import { answersOk } from "./cores.ts";
import { BIT, expectOpen, ping, reset, SOON, settled, TYPE, uint32 } from "./session.ts";

/** Frames that would be a flood from a client that does nothing else (RFC 9113 section 10.5). */

/** Far more than are allowed at once to a client that asks for nothing. */
const FRAMES = 1_600;
const EACH_ROUND = 50;

const priority = (id: number) => frame(TYPE.PRIORITY, 0, id, Buffer.concat([uint32(0), Buffer.from([16])]));

let core: RawCore;
let front: Front;

beforeAll(async () => {
  core = await startRawCore(answersOk);
  front = await startFront(core.port);
});

afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});

/** What is sent before a request, and what when it has its answer. */
interface Habit {
  before?(id: number): Buffer;
  after?(id: number): Buffer;
}

test.each<[what: string, habits: readonly Habit[]]>([
  ["a ping", [{ after: () => ping() }]],
  ["a priority", [{ before: priority }]],
  ["a reset that comes too late", [{ after: (id) => reset(id) }]],
  ["all three", [{ before: priority }, { after: () => ping() }, { after: (id) => reset(id) }]],
])("a client whose requests are served may send %s with each of them", async (_what, habits) => {
  using client = await connectRawHttp2(front);
  const rounds = FRAMES / EACH_ROUND / habits.length;
  let id = 1;
  for (let round = 0; round < rounds; round += 1) {
    const ids = Array.from({ length: EACH_ROUND }, (_, index) => id + 2 * index);
    id += 2 * EACH_ROUND;
    const said = (when: keyof Habit, of: number) =>
      habits.map((habit) => habit[when]?.(of) ?? Buffer.alloc(0));
    const seen = client.frames.length;
    client.send(...ids.flatMap((of) => [...said("before", of), get(of, "/ok")]));
    await poll(
      "the answers",
      () => {
        const ends = client.frames
          .slice(seen)
          .filter(({ type, flags }) => type === TYPE.DATA && flags === BIT.END_STREAM);
        return client.isClosed || ends.length === EACH_ROUND;
      },
      SOON,
    );
    expectOpen(client);
    client.send(...ids.flatMap((of) => said("after", of)));
  }
  await settled(client);
});
