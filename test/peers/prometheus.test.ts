import { execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeMetrics } from "../../src/web/metrics/write-metrics.ts";
import { jvmFeature } from "../features/jvm/support.ts";
import { coreOf } from "../features/processes/support.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type Edge, startEdge } from "./edge.ts";
import { compilePrograms } from "./jvms.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { startPrometheus } from "./prometheus.ts";

/** Runs `promtool check metrics` on a text; what it has to say, and its exit code (3: it has found something to mend). */
async function promtool(metrics: string): Promise<{ code: number | null; said: string }> {
  const child = spawn("promtool", ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (said += String(piece)));
  child.stdin.end(metrics);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, said };
}

describeWith(["jdk", "prometheus"], "Prometheus and JVMs", () => {
  test("the figures of JVMs have the names that dashboards expect, and promtool finds nothing to mend", async () => {
    await using programs = await compilePrograms("Plain");
    await using jvm = await programs.start("Plain", { options: ["-XX:+UseG1GC"] });
    execFileSync("/usr/bin/jcmd", [String(jvm.pid), "GC.run"]);
    const feature = jvmFeature(coreOf(jvm));
    const families = (await feature.metrics?.()) ?? [];
    await feature[Symbol.asyncDispose]?.();
    const text = writeMetrics(families, "prometheus");
    expect(await promtool(text)).toEqual({ code: 0, said: "" });
    const value = (series: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${series} `))
          ?.split(" ")
          .at(-1),
      );
    expect(value('jvm_memory_used_bytes{jvm="Plain",area="heap"}')).toBeGreaterThan(100_000);
    expect(value('jvm_memory_max_bytes{jvm="Plain",area="heap"}')).toBeGreaterThan(60_000_000);
    expect(value('jvm_memory_used_bytes{jvm="Plain",area="nonheap"}')).toBeGreaterThan(10_000);
    expect(value('jvm_memory_pool_used_bytes{jvm="Plain",pool="G1 Old Gen"}')).toBeGreaterThan(100_000);
    expect(value('jvm_gc_collection_seconds_count{jvm="Plain",gc="G1 Old Generation"}')).toBe(1);
    expect(value('jvm_gc_collection_seconds_sum{jvm="Plain",gc="G1 Old Generation"}')).toBeGreaterThan(0);
    expect(value('jvm_threads_current{jvm="Plain"}')).toBeGreaterThan(4);
    expect(value('jvm_threads_started_total{jvm="Plain"}')).toBeGreaterThan(4);
    expect(value('jvm_classes_currently_loaded{jvm="Plain"}')).toBeGreaterThan(300);
    expect(text).toMatch(/^jvm_info\{jvm="Plain",runtime="[^"]+",vendor="[^"]+",version="[^"]+"\} 1$/m);
    expect(() => writeMetrics(families, "openmetrics")).not.toThrow();
  });
});

describeWith(["nginx", "prometheus"], "Prometheus", () => {
  let core: Nginx;
  let edge: Edge;
  beforeAll(async () => {
    core = await startNginx({ files: { "small.txt": "a small file\n" } });
    edge = await startEdge(core.port, { SIDECAR_HEALTH_INTERVAL_MS: "200" });
    for (const path of ["/small.txt", "/missing?a=b"]) await edge.ask(path);
    await edge.ask("/small.txt", { method: "POST", body: "x" });
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  test("promtool finds nothing to mend in the metrics of all features", async () => {
    const { body } = await poll("the first health checks", async () => {
      const answer = await edge.ask("/_sidecar/metrics");
      return answer.body.includes("tickbird_health_check{") && answer;
    });
    expect(await promtool(body)).toEqual({ code: 0, said: "" });
    const features = body.match(/^tickbird_collect_success\{feature="\w+"\} 1$/gm) ?? [];
    expect(features.length).toBeGreaterThanOrEqual(7);
    expect(body).not.toMatch(/^tickbird_collect_success.* 0$/m);
    // It does find what is wrong.
    expect((await promtool(body.replaceAll("_seconds_total", "_milliseconds"))).code).toBe(3);
  });

  test("a server scrapes it as OpenMetrics, with a token, and has what was sent", async () => {
    await using server = await startPrometheus(edge);
    const value = async (what: string) => (await server.query(what))[0];
    expect(await value('tickbird_requests_total{method="GET",status="2xx"}')).toBe(1);
    expect(await value('tickbird_requests_total{method="GET",status="4xx"}')).toBe(1);
    expect(await value("sum(tickbird_request_duration_seconds_count)")).toBe(3);
    expect(await value("histogram_quantile(0.5, tickbird_core_response_seconds_bucket)")).toBeGreaterThan(0);
    expect(await value("tickbird_core_main_threads")).toBeGreaterThanOrEqual(1);
    expect(await value("tickbird_build_info")).toBe(1);
  });
});
