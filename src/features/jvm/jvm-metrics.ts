import {
  counter,
  gauge,
  info,
  type Labels,
  type MetricFamily,
  summary,
} from "../../web/metrics/metric-family.ts";
import { detailJvm } from "./describe-jvm.ts";
import type { JvmFigures } from "./figures-schema.ts";
import type { JvmFinder } from "./jvm-finder.ts";
import { createBoundedValues, createJvmNames } from "./metric-names.ts";

/**
 * The JVMs for Prometheus, by the names that Prometheus' own client for Java gives: dashboards are made for those. What
 * the performance data does not tell is left out (the states of threads, buffer pools, the code cache).
 */

interface Told {
  readonly labels: { readonly jvm: string };
  readonly figures: JvmFigures;
}

/** What bounds the values of labels. */
interface Bound {
  readonly gc: (value: string | null) => string;
  readonly build: (value: string | null) => string;
}

/** Makes the function that reads them; it remembers the names. */
export function createJvmMetrics(finder: JvmFinder): () => Promise<readonly MetricFamily[]> {
  const names = createJvmNames();
  const bound: Bound = { gc: createBoundedValues(), build: createBoundedValues() };
  return async () => {
    const { jvms } = await finder.list();
    const details = await Promise.all(jvms.map(detailJvm));
    const read = details.flatMap(({ figures }) => (figures === null ? [] : [figures]));
    const labels = names(read.map(({ command }) => command));
    return familiesOf(
      read.flatMap((figures, index) => {
        const jvm = labels[index];
        return jvm === undefined ? [] : [{ labels: { jvm }, figures }];
      }),
      bound,
    );
  };
}

function familiesOf(told: readonly Told[], bound: Bound): MetricFamily[] {
  return [
    ...runtimeFamilies(told, bound),
    ...memoryFamilies(told),
    ...gcFamilies(told, bound),
    ...threadFamilies(told),
  ];
}

/** One series for each JVM. */
function each(told: readonly Told[], of: (figures: JvmFigures) => number | null): [Labels, number | null][] {
  return told.map(({ labels, figures }) => [labels, of(figures)]);
}

function runtimeFamilies(told: readonly Told[], { build }: Bound): MetricFamily[] {
  const samples = told.map(({ labels, figures: { vm } }) => ({
    labels: { ...labels, runtime: build(vm.name), vendor: build(vm.vendor), version: build(vm.version) },
  }));
  return [
    { ...info("jvm_runtime", "The JVMs of the app.", {}), type: "info", samples },
    // As older clients call it.
    { ...info("jvm", "The JVMs of the app.", {}), type: "info", samples },
    counter(
      "jvm_compilation_time_seconds",
      "Time that the JVM has spent on compiling.",
      each(told, ({ compiler }) => compiler.timeSeconds),
    ),
    counter(
      "tickbird_jvm_safepoint_seconds",
      "Time in which all threads of the app stood still in safepoints.",
      each(told, ({ safepoints }) => safepoints.timeSeconds),
    ),
    counter(
      "tickbird_jvm_safepoints",
      "Safepoints of the JVM.",
      each(told, ({ safepoints }) => safepoints.count),
    ),
  ];
}

const AREAS = [
  ["used", "usedBytes", "in use, as the JVM counted last: with most collectors at the end of a collection"],
  ["committed", "committedBytes", "taken from the system"],
  ["max", "maxBytes", "that may be taken"],
] as const;

function memoryFamilies(told: readonly Told[]): MetricFamily[] {
  return AREAS.flatMap(([name, key, what]) => [
    gauge(
      `jvm_memory_${name}_bytes`,
      `Memory ${what}. The area nonheap is that of the classes.`,
      told.flatMap(({ labels, figures: { memory } }): [Labels, number | null][] => [
        [{ ...labels, area: "heap" }, memory.heap[key]],
        [{ ...labels, area: "nonheap" }, memory.metaspace[key]],
      ]),
    ),
    gauge(
      `jvm_memory_pool_${name}_bytes`,
      `Memory of a pool ${what}.`,
      told.flatMap((one) => poolsOf(one, key)),
    ),
  ]);
}

function poolsOf(
  { labels, figures: { memory } }: Told,
  key: (typeof AREAS)[number][1],
): [Labels, number | null][] {
  const pools = new Map<string, number | null>();
  // The two survivor spaces are one pool.
  for (const space of memory.heap.spaces) {
    const value = space[key];
    pools.set(space.pool, value === null ? null : (pools.get(space.pool) ?? 0) + value);
  }
  pools.set("Metaspace", memory.metaspace[key]);
  pools.set("Compressed Class Space", memory.compressedClassSpace[key]);
  return [...pools].map(([pool, value]) => [{ ...labels, pool }, value]);
}

function gcFamilies(told: readonly Told[], bound: Bound): MetricFamily[] {
  return [
    summary(
      "jvm_gc_collection_seconds",
      "Collections by a collector, and the time that they took.",
      told.flatMap(({ labels, figures: { gc } }) =>
        [...Map.groupBy(gc.collectors, (collector) => bound.gc(collector.gc))].flatMap(
          ([name, collectors]) => {
            const count = collectors.reduce((sum, collector) => sum + (collector.count ?? 0), 0);
            const seconds = collectors.reduce((sum, collector) => sum + (collector.timeSeconds ?? 0), 0);
            return [{ labels: { ...labels, gc: name }, count, sum: seconds }];
          },
        ),
      ),
    ),
    counter(
      "tickbird_jvm_gc_cpu_seconds",
      "CPU time of the threads that collect, as Java 21 and later tell it.",
      each(told, ({ gc }) => gc.cpuSeconds),
    ),
  ];
}

function threadFamilies(told: readonly Told[]): MetricFamily[] {
  return [
    gauge(
      "jvm_threads_current",
      "Threads of the JVM's own kind.",
      each(told, ({ threads }) => threads.live),
    ),
    gauge(
      "jvm_threads_daemon",
      "Daemon threads.",
      each(told, ({ threads }) => threads.daemon),
    ),
    gauge(
      "jvm_threads_peak",
      "The most threads there were at once.",
      each(told, ({ threads }) => threads.peak),
    ),
    counter(
      "jvm_threads_started",
      "Threads started.",
      each(told, ({ threads }) => threads.started),
    ),
    gauge(
      "jvm_classes_currently_loaded",
      "Classes that are loaded.",
      each(told, ({ classes }) => classes.loaded),
    ),
    counter(
      "jvm_classes_loaded",
      "Classes that were loaded.",
      each(told, ({ classes }) =>
        classes.loaded === null ? null : classes.loaded + (classes.unloaded ?? 0),
      ),
    ),
    counter(
      "jvm_classes_unloaded",
      "Classes that were unloaded.",
      each(told, ({ classes }) => classes.unloaded),
    ),
  ];
}
