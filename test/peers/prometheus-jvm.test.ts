import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { startEdge } from "./edge.ts";
import { startPrometheus } from "./prometheus.ts";
import { startTomcat } from "./tomcat.ts";

/** A Tomcat, a sidecar and a Prometheus begin, and have little of a machine where others are at work, too. */
const PATIENT = { timeoutMs: 40_000 };

/** The lines of the README that have dashboards for JVMs show the app. */
function relabeling(): string {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  return /^ {4}metric_relabel_configs:\n(?: {6}.*\n)+/m.exec(readme)?.[0] ?? "";
}

const HEAP = 'jvm_memory_used_bytes{area="heap"}';

/** What panels of dashboards for JVMs ask, by the names of Prometheus' client for Java. */
const FILLED = [
  ...[HEAP, 'jvm_memory_committed_bytes{area="heap"}', 'jvm_memory_max_bytes{area="heap"}'],
  ...['jvm_memory_used_bytes{area="nonheap"}', 'jvm_memory_committed_bytes{area="nonheap"}'],
  `sum by (instance) (${HEAP}) / sum by (instance) (jvm_memory_max_bytes{area="heap"})`,
  ...["jvm_memory_pool_used_bytes", "jvm_memory_pool_committed_bytes", "jvm_memory_pool_max_bytes"],
  'jvm_memory_pool_used_bytes{pool="Tenured Gen"}',
  'jvm_memory_pool_used_bytes{pool="Metaspace"}',
  ...["rate(jvm_gc_collection_seconds_count[1m])", "rate(jvm_gc_collection_seconds_sum[1m])"],
  "increase(jvm_gc_collection_seconds_sum[1m]) / increase(jvm_gc_collection_seconds_count[1m]) >= 0",
  ...["jvm_threads_current", "jvm_threads_daemon", "jvm_threads_peak", "rate(jvm_threads_started_total[1m])"],
  ...["jvm_classes_currently_loaded", "jvm_classes_loaded_total", "jvm_classes_unloaded_total"],
  ...["jvm_info", "jvm_runtime_info", "rate(jvm_compilation_time_seconds_total[1m])"],
  "sum without (mode) (rate(process_cpu_seconds_total[1m]))",
  ...["process_resident_memory_bytes", "process_open_fds", "process_max_fds"],
  ...["process_open_fds / process_max_fds", "time() - process_start_time_seconds"],
];

/** What they ask besides, and why there is nothing. */
const EMPTY: Readonly<Record<string, string>> = {
  jvm_threads_state: "performance data does not tell states; jvm/{pid}/threads does",
  jvm_threads_deadlocked: "the JVM looks for them when it is asked; jvm/{pid}/threads does",
  jvm_threads_deadlocked_monitor: "the JVM looks for them when it is asked; jvm/{pid}/threads does",
  jvm_buffer_pool_used_bytes: "performance data does not tell them; the MBeans java.nio:* do",
  jvm_buffer_pool_used_buffers: "performance data does not tell them; the MBeans java.nio:* do",
  jvm_memory_pool_allocated_bytes_total: "the client for Java counts it itself, by notifications",
  'jvm_memory_pool_used_bytes{pool=~"CodeHeap.*|CodeCache"}': "performance data does not tell it",
  jvm_memory_objects_pending_finalization: "performance data does not tell it",
  process_virtual_memory_bytes: "it tells nothing of an app with a garbage collector",
  jvm_memory_bytes_used: "the name of the client for Java before 1.0",
  jvm_classes_loaded: "the name of the client for Java before 1.0",
};

describeWith(["tomcat", "jdk", "prometheus"], "Dashboards for JVMs", () => {
  test("are filled with the lines of the README, and the sidecar's own figures are not taken for the app's", async () => {
    await using tomcat = await startTomcat();
    const jcmd = () => promisify(execFile)("/usr/bin/jcmd", [String(tomcat.pid), "GC.run"]);
    await jcmd();
    await using edge = await startEdge(tomcat.port);
    await using prometheus = await startPrometheus(edge, relabeling());
    const countsOf = async (queries: readonly string[]) =>
      Object.fromEntries(
        await Promise.all(
          queries.map(async (query) => [query, (await prometheus.query(query)).length] as const),
        ),
      );
    await poll(
      "rates, which take two scrapes",
      async () => (await prometheus.query("rate(jvm_gc_collection_seconds_count[1m])")).length > 0,
      PATIENT,
    );
    await jcmd();
    const filled = await poll(
      "what was collected since is scraped",
      async () => {
        const [collected = 0] = await prometheus.query("sum(increase(jvm_gc_collection_seconds_count[1m]))");
        return collected > 0 && (await countsOf(FILLED));
      },
      PATIENT,
    );
    expect(Object.entries(filled).filter(([, series]) => series === 0)).toEqual([]);
    const none = Object.fromEntries(Object.keys(EMPTY).map((query) => [query, 0]));
    expect(await countsOf(Object.keys(EMPTY))).toEqual(none);
    const [started = 0] = await prometheus.query("process_start_time_seconds");
    const { body } = await edge.ask("/_sidecar/metrics");
    expect(body).toContain(`tickbird_core_main_start_time_seconds ${started}`);
    expect(await prometheus.query(HEAP)).toHaveLength(1);
  });
});
