import { describe, expect, test } from "vitest";
import { writeMetrics } from "../../../src/web/metrics/write-metrics.ts";
import { startBusy } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { serveFeatures } from "../../support/serve-features.ts";
import { accept, makeStrace } from "./serve-strace.ts";

describe.skipIf(isMissing("ptrace"))("the metrics of traces", () => {
  test("tell those that run, that are over and why, their lines, and those that were refused", async () => {
    await using target = await startBusy();
    const feature = makeStrace({ settings: { MAX_CONCURRENT: 1 } });
    await using served = await serveFeatures([feature]);
    const metrics = async () => writeMetrics((await feature.metrics?.()) ?? [], "prometheus");
    expect(await metrics()).toContain("tickbird_traces_running 0\n");
    const client = new AbortController();
    const stream = await served.get(`/strace/${target.pid}/10000?syscalls=close`, {
      ...accept("text/event-stream"),
      signal: client.signal,
    });
    expect(stream.status).toBe(200);
    expect(await metrics()).toContain("tickbird_traces_running 1\n");
    expect((await served.get(`/strace/${target.pid}/2`)).status).toBe(409);
    await using other = await startBusy();
    expect((await served.get(`/strace/${other.pid}/2`)).status).toBe(429);
    client.abort();
    await poll("its end", async () => (await metrics()).includes("tickbird_traces_running 0\n"));
    expect((await served.get(`/strace/${target.pid}/2`)).status).toBe(200);
    const text = await poll("the end of the other", async () => {
      const now = await metrics();
      return now.includes("tickbird_traces_running 0\n") && now.includes("started_total 2\n") && now;
    });
    expect(text).toContain('tickbird_traces_ended_total{reason="client-gone"} 1\n');
    expect(text).toContain('tickbird_traces_ended_total{reason="lines"} 1\n');
    expect(text).toContain("tickbird_traces_refused_total 2\n");
    expect(text).toContain("tickbird_trace_lines_total 2\n");
  });
});
