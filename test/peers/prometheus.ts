import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { runServer } from "../support/server-process.ts";
import { TOKEN } from "../support/sidecar.ts";
import type { Edge } from "./edge.ts";

/** Debian's Prometheus, which scrapes a sidecar. */
export interface Prometheus extends AsyncDisposable {
  /** The values that a query gives now, one for each series. */
  query(what: string): Promise<number[]>;
}

/** The answer of a query, as far as it is looked at. */
const queryAnswer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/**
 * Starts one that scrapes twice a second, and waits until it has.
 * @param more further lines of the job.
 */
export async function startPrometheus(edge: Edge, more = ""): Promise<Prometheus> {
  await using opened = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tickbird-prometheus-"));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, "ca.crt"), edge.ca);
  await writeFile(join(dir, "prometheus.yml"), configuration(edge.port, dir, more));
  const port = await unusedPort();
  const server = runServer(
    "prometheus",
    [
      ...[`--config.file=${join(dir, "prometheus.yml")}`, `--storage.tsdb.path=${join(dir, "data")}`],
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { cwd: dir },
  );
  opened.defer(() => server.stop());
  const query = async (what: string) => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(what)}`;
    const { data } = queryAnswer.parse(await (await fetch(url)).json());
    return data.result.map(({ value }) => Number(value[1]));
  };
  await poll("a scrape", async () => (await query('up{job="tickbird"}'))[0] === 1, { timeoutMs: 18_000 });
  const kept = opened.move();
  return { query, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function configuration(port: number, dir: string, more: string): string {
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
${more}
`;
}
