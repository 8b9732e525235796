import { setTimeout as delay } from "node:timers/promises";
import { Failed, type Ledger } from "./ledger.ts";
import {
  type Client,
  createHttp1Client,
  createHttp2Client,
  echo,
  leaveInHead,
  type Target,
} from "./requests.ts";

/** The mixed traffic of a soak: many clients, each with a habit of its own. */

const LARGE_BYTES = 10 * 1_024 * 1_024;
const BODY = Buffer.alloc(65_536, "body ");
const LARGE_BODY = Buffer.alloc(LARGE_BYTES, "body ");

/** Sends all kinds of traffic until the signal; resolves when all of it is over. */
export async function sendTraffic(target: Target, ledger: Ledger, until: AbortSignal): Promise<void> {
  using http1 = createHttp1Client(target);
  using http2 = createHttp2Client(target);
  const habits: Promise<void>[] = [];
  const often = (times: number, kind: string, pauseMs: number, work: () => Promise<void>) => {
    for (let client = 0; client < times; client += 1) habits.push(keepOn(kind, pauseMs, work));
  };
  const keepOn = async (kind: string, pauseMs: number, work: () => Promise<void>) => {
    while (!until.aborted) {
      await ledger.note(kind, work);
      await delay(Math.random() * 2 * pauseMs);
    }
  };
  for (const [protocol, client] of [
    ["HTTP/1.1", http1],
    ["HTTP/2", http2],
  ] as const) {
    often(8, `small over ${protocol}`, 20, () => expectBody(client, "/small", "small"));
    often(2, `POST over ${protocol}`, 50, () => expectCount(client, BODY));
    often(1, `large over ${protocol}`, 1_000, () => expectLarge(client));
    often(1, `large POST over ${protocol}`, 1_000, () => expectCount(client, LARGE_BODY));
    often(1, `events over ${protocol}`, 100, () => expectEvents(client));
    often(2, `abort over ${protocol}`, 50, () => abort(client));
  }
  often(3, "WebSocket", 100, () => echo(target, 20));
  often(1, "half a head", 200, () => leaveInHead(target, Math.random() * 100));
  await Promise.all(habits);
}

async function expectBody(client: Client, path: string, text: string): Promise<void> {
  const body = await client({ path });
  if (String(body) !== text) throw new Failed(`not ${path}: ${body}`);
}

async function expectCount(client: Client, body: Buffer): Promise<void> {
  const answer = await client({ path: "/count", body });
  if (Number(answer) !== body.length) throw new Failed(`of ${body.length} bytes ${answer} arrived`);
}

async function expectLarge(client: Client): Promise<void> {
  const body = await client({ path: "/large" });
  if (body?.length !== LARGE_BYTES) throw new Failed(`${body?.length} bytes came`);
}

/** Reads for a second or two, and goes away. */
async function expectEvents(client: Client): Promise<void> {
  await client({ path: "/events", enoughBytes: 400 + Math.random() * 400 });
}

/** Goes away at any moment: before the answer, in it, or in its own body. */
async function abort(client: Client): Promise<void> {
  const asks = [{ path: "/slow" }, { path: "/large" }, { path: "/count", body: LARGE_BODY }];
  const ask = asks[Math.floor(Math.random() * asks.length)] ?? { path: "/slow" };
  await client({ ...ask, abortMs: Math.random() * 50 });
}
