import { expect, test } from "vitest";
import { startSidecarProcess } from "../support/sidecar.ts";
import { startSteadyLoad } from "../support/steady-load.ts";
import { startClosingCore } from "./closing-core.ts";

/** Ten minutes of two processors. */
const REQUESTS = Number(process.env["SOAK_REQUESTS"] ?? 1_000_000);
const HOUR_MS = 3_600_000;

test(
  `of ${REQUESTS} requests to a core that closes idle connections at random none fails`,
  async () => {
    await using core = await startClosingCore();
    await using sidecar = await startSidecarProcess(core.port, { SIDECAR_LOG_ACCESS: "false" });
    await using load = startSteadyLoad(sidecar.port, {
      ...{ http1Clients: 48, http2Streams: 16, maxPauseMs: 10 },
      ...{ requests: REQUESTS, progressMs: 1_000 },
    });
    const { lost, unprocessed, answered } = await load.result();
    const { connections, closings } = core;
    process.stdout.write(`${JSON.stringify({ answered, lost: lost.length, connections, closings })}\n`);
    expect({ lost: lost.slice(0, 20), unprocessed }).toEqual({ lost: [], unprocessed: [] });
    expect(core.repeatedPosts).toEqual([]);
    expect(core.closings).toBeGreaterThan(REQUESTS / 100);
  },
  HOUR_MS,
);
