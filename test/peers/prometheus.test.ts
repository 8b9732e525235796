import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { unusedPort } from "../support/front.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { runServer, type ServerProcess } from "../support/server-process.ts";
import { TOKEN } from "../support/sidecar.ts";
import { type Edge, startEdge } from "./edge.ts";
import { type Nginx, startNginx } from "./nginx.ts";

/** The answer of a query, as far as it is looked at. */
const queryAnswer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** Runs `promtool check metrics` on a text; what it has to say, and its exit code (3: it has found something to mend). */
async function promtool(metrics: string): Promise<{ code: number | null; said: string }> {
  const child = spawn("promtool", ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (said += String(piece)));
  child.stdin.end(metrics);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, said };
}

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
    const dir = await mkdtemp(join(tmpdir(), "tickbird-prometheus-"));
    const port = await unusedPort();
    let server: ServerProcess | undefined;
    try {
      await writeFile(join(dir, "ca.crt"), edge.ca);
      await writeFile(join(dir, "prometheus.yml"), configuration(edge.port, dir));
      server = runServer(
        "prometheus",
        [
          ...[`--config.file=${join(dir, "prometheus.yml")}`, `--storage.tsdb.path=${join(dir, "data")}`],
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        { cwd: dir },
      );
      const value = async (what: string): Promise<number> => {
        const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(what)}`;
        const { data } = queryAnswer.parse(await (await fetch(url)).json());
        return Number(data.result[0]?.value[1]);
      };
      await poll("a scrape", async () => (await value('up{job="tickbird"}')) === 1, { timeoutMs: 18_000 });
      expect(await value('tickbird_requests_total{method="GET",status="2xx"}')).toBe(1);
      expect(await value('tickbird_requests_total{method="GET",status="4xx"}')).toBe(1);
      expect(await value("sum(tickbird_request_duration_seconds_count)")).toBe(3);
      expect(await value("histogram_quantile(0.5, tickbird_core_response_seconds_bucket)")).toBeGreaterThan(
        0,
      );
      expect(await value("tickbird_core_main_threads")).toBeGreaterThanOrEqual(1);
      expect(await value("tickbird_build_info")).toBe(1);
    } finally {
      await server?.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });
});

function configuration(port: number, dir: string): string {
  return `
scrape_configs:
  - job_name: tickbird
    scheme: https
    scrape_interval: 500ms
    scrape_timeout: 500ms
    metrics_path: /_sidecar/metrics
    authorization:
      credentials: ${TOKEN}
    tls_config:
      ca_file: ${join(dir, "ca.crt")}
      server_name: localhost
    static_configs:
      - targets: ["127.0.0.1:${port}"]
`;
}
