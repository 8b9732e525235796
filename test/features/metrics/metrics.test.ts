import { expect, test } from "vitest";
import type { Feature } from "../../../src/features/feature.ts";
import { createMetrics } from "../../../src/features/metrics/metrics.ts";
import { createLog } from "../../../src/web/log.ts";
import { gauge } from "../../../src/web/metrics/metric-family.ts";
import { featureOf } from "../../support/feature-of.ts";
import { poll } from "../../support/poll.ts";
import { serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const log = createLog({ level: "silent", access: false });

function telling(name: string, metrics: NonNullable<Feature["metrics"]>): Feature {
  return { ...featureOf(() => undefined, name), metrics };
}

async function serve(others: readonly Feature[], collectTimeoutMs = 5_000) {
  const features: Feature[] = [...others];
  features.push(createMetrics(() => features, { version: "1.2.3", log, collectTimeoutMs }));
  return serveFeatures(features);
}

test("a viewer gets what all features tell, and what the sidecar itself uses", async () => {
  await using served = await serve([telling("one", () => [gauge("tickbird_one", "One.", 1)])]);
  const answer = await served.get("/metrics", { headers: { authorization: `Bearer ${VIEWER_TOKEN}` } });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(answer.headers.get("vary")).toContain("Accept");
  const text = await answer.text();
  expect(text).toContain("tickbird_one 1\n");
  expect(text).toContain(`tickbird_build_info{version="1.2.3",node="${process.versions.node}"} 1\n`);
  expect(text).toContain('tickbird_collect_success{feature="one"} 1\n');
  const figure = (name: string) => Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
  expect(figure("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(figure("process_cpu_seconds_total")).toBeCloseTo(process.cpuUsage().user / 1e6, -1);
  expect(figure("process_start_time_seconds")).toBeCloseTo(performance.timeOrigin / 1_000, -1);
  expect(figure("process_open_fds")).toBeGreaterThan(3);
});

test("OpenMetrics is answered to who asks for it; nothing to who has no credential", async () => {
  await using served = await serve([]);
  const answer = await served.get("/metrics", {
    headers: { accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5" },
  });
  expect(answer.headers.get("content-type")).toBe(
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  expect(await answer.text()).toMatch(/\n# EOF\n$/);
  expect((await served.get("/metrics", { headers: { authorization: "" } })).status).toBe(401);
});

test("a feature that fails or hangs takes nothing from the others, and two scrapers ask once", async () => {
  let asked = 0;
  const hanging = Promise.withResolvers<never>();
  await using served = await serve(
    [
      telling("failing", () => Promise.reject(new Error("no"))),
      telling("hanging", () => {
        asked += 1;
        return hanging.promise;
      }),
      telling("fine", () => [gauge("tickbird_fine", "Fine.", 7)]),
    ],
    200,
  );
  const texts = await Promise.all(
    [served.get("/metrics"), served.get("/metrics")].map(async (answer) => (await answer).text()),
  );
  for (const text of texts) {
    expect(text).toContain("tickbird_fine 7\n");
    expect(text).toContain('tickbird_collect_success{feature="failing"} 0\n');
    expect(text).toContain('tickbird_collect_success{feature="hanging"} 0\n');
    expect(text).toContain('tickbird_collect_success{feature="fine"} 1\n');
  }
  expect(asked).toBe(1);
  hanging.reject(new Error("at last"));
  await poll("the next question", async () => {
    await served.get("/metrics");
    return asked > 1;
  });
});
