import type { Notes } from "../../linux/cgroup/notes.ts";
import type { JvmFigures } from "./figures-schema.ts";
import type { PerfSample } from "./hsperfdata/perf-layout.ts";
import { collectorName, poolName } from "./pool-names.ts";

type Memory = JvmFigures["memory"];
type Space = Memory["heap"]["spaces"][number];

/** The app may have written anything: more than any collector has is not looked for. */
const MAX_GENERATIONS = 4;
const MAX_SPACES = 8;
const MAX_COLLECTORS = 8;

const NOT_COUNTED = {
  reason: "the JVM counts it at each collection, and there was none yet",
  remedy: null,
};

/** The memory of a JVM. */
export function memoryFigures(sample: PerfSample, notes: Notes): Memory {
  const first = collectorNumbers(sample)[0];
  const collector =
    first === undefined ? undefined : collectorName(sample.text(`sun.gc.collector.${first}.name`) ?? "");
  const spaces = spacesOf(sample, collector);
  const hasCounted = spaces.some(({ usedBytes }) => (usedBytes ?? 0) > 0);
  if (!hasCounted) {
    for (const space of spaces) space.usedBytes = null;
    notes.add(["memory.heap.usedBytes"], NOT_COUNTED);
  }
  return {
    heap: {
      usedBytes: sum(spaces.map(({ usedBytes }) => usedBytes)),
      committedBytes: sum(
        generationsOf(sample).map((at) => sample.number(`sun.gc.generation.${at}.capacity`)),
      ),
      maxBytes: maxHeap(sample),
      spaces,
    },
    metaspace: classMemory(sample, "metaspace", notes),
    compressedClassSpace: classMemory(sample, "compressedclassspace", notes),
  };
}

/** The numbers of the collectors that there are; they may have gaps. */
export function collectorNumbers(sample: PerfSample): number[] {
  return upTo(MAX_COLLECTORS).filter((at) => sample.text(`sun.gc.collector.${at}.name`) !== null);
}

function generationsOf(sample: PerfSample): number[] {
  return upTo(MAX_GENERATIONS).filter((at) => sample.text(`sun.gc.generation.${at}.name`) !== null);
}

function spacesOf(sample: PerfSample, collector: string | undefined): Space[] {
  return generationsOf(sample).flatMap((generation) => {
    const name = sample.text(`sun.gc.generation.${generation}.name`) ?? "";
    return upTo(MAX_SPACES).flatMap((at) => {
      const path = `sun.gc.generation.${generation}.space.${at}`;
      const space = sample.text(`${path}.name`);
      if (space === null) return [];
      return {
        ...{ pool: poolName(name, space, collector), generation: name, space },
        usedBytes: sample.number(`${path}.used`),
        committedBytes: sample.number(`${path}.capacity`),
        maxBytes: sample.number(`${path}.maxCapacity`),
      };
    });
  });
}

/** Generations that share the heap (G1, ZGC) each may have all of it: then the largest counts, else their sum. */
function maxHeap(sample: PerfSample): number | null {
  const maxima = generationsOf(sample).map((at) => sample.number(`sun.gc.generation.${at}.maxCapacity`) ?? 0);
  const policy = sample.text("sun.gc.policy.name") ?? "";
  const isShared = !/^(Copy|ParNew|ParScav|ParallelScavenge|PSCMS)/.test(policy);
  const all = isShared ? Math.max(0, ...maxima) : (sum(maxima) ?? 0);
  return all === 0 ? null : all;
}

function classMemory(sample: PerfSample, name: string, notes: Notes): Memory["metaspace"] {
  const value = (what: string) => sample.number(`sun.gc.${name}.${what}`);
  const committed = value("capacity");
  // Before the first collection the JVM has 0 there, which nothing is.
  const isKnown = committed !== null && committed > 0;
  if (!isKnown) {
    const field = name === "metaspace" ? "metaspace" : "compressedClassSpace";
    notes.add([`memory.${field}.usedBytes`, `memory.${field}.committedBytes`], NOT_COUNTED);
  }
  return {
    usedBytes: isKnown ? value("used") : null,
    committedBytes: isKnown ? committed : null,
    maxBytes: value("maxCapacity"),
  };
}

function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
