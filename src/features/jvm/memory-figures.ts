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

/** Names are made once: to put one together costs more than to read its counter. */
const COLLECTORS = upTo(MAX_COLLECTORS).map((at) => ({
  at,
  name: `sun.gc.collector.${at}.name`,
  time: `sun.gc.collector.${at}.time`,
  invocations: `sun.gc.collector.${at}.invocations`,
}));
const GENERATIONS = upTo(MAX_GENERATIONS).map((at) => ({
  ...namesBelow(`sun.gc.generation.${at}`),
  spaces: upTo(MAX_SPACES).map((space) => namesBelow(`sun.gc.generation.${at}.space.${space}`)),
}));
const CLASS_MEMORY = {
  metaspace: namesBelow("sun.gc.metaspace"),
  compressedClassSpace: namesBelow("sun.gc.compressedclassspace"),
} as const;

const NOT_COUNTED = {
  reason: "the JVM counts it at each collection, and there was none yet",
  remedy: null,
};

/** The memory of a JVM. */
export function memoryFigures(sample: PerfSample, notes: Notes): Memory {
  const [first] = collectorsOf(sample);
  const collector = first === undefined ? undefined : collectorName(sample.text(first.name) ?? "");
  const generations = GENERATIONS.filter(({ name }) => sample.text(name) !== null);
  const spaces = generations.flatMap((generation) => spacesOf(sample, generation, collector));
  const hasCounted = spaces.some(({ usedBytes }) => (usedBytes ?? 0) > 0);
  if (!hasCounted) {
    for (const space of spaces) space.usedBytes = null;
    notes.add(["memory.heap.usedBytes"], NOT_COUNTED);
  }
  return {
    heap: {
      usedBytes: sum(spaces.map(({ usedBytes }) => usedBytes)),
      committedBytes: sum(generations.map(({ capacity }) => sample.number(capacity))),
      maxBytes: maxHeap(sample, generations),
      spaces,
    },
    metaspace: classMemory(sample, "metaspace", notes),
    compressedClassSpace: classMemory(sample, "compressedClassSpace", notes),
  };
}

/** The names of the counters of the collectors that there are; they may have gaps. */
export function collectorsOf(sample: PerfSample): typeof COLLECTORS {
  return COLLECTORS.filter(({ name }) => sample.text(name) !== null);
}

type Generation = (typeof GENERATIONS)[number];

function spacesOf(sample: PerfSample, generation: Generation, collector: string | undefined): Space[] {
  const name = sample.text(generation.name) ?? "";
  const spaces: Space[] = [];
  for (const names of generation.spaces) {
    const space = sample.text(names.name);
    if (space === null) continue;
    spaces.push({
      ...{ pool: poolName(name, space, collector), generation: name, space },
      usedBytes: sample.number(names.used),
      committedBytes: sample.number(names.capacity),
      maxBytes: sample.number(names.maxCapacity),
    });
  }
  return spaces;
}

/** Generations that share the heap (G1, ZGC) each may have all of it: then the largest counts, else their sum. */
function maxHeap(sample: PerfSample, generations: readonly Generation[]): number | null {
  const maxima = generations.map(({ maxCapacity }) => sample.number(maxCapacity) ?? 0);
  const policy = sample.text("sun.gc.policy.name") ?? "";
  const isShared = !/^(Copy|ParNew|ParScav|ParallelScavenge|PSCMS)/.test(policy);
  const all = isShared ? Math.max(0, ...maxima) : (sum(maxima) ?? 0);
  return all === 0 ? null : all;
}

function classMemory(
  sample: PerfSample,
  field: keyof typeof CLASS_MEMORY,
  notes: Notes,
): Memory["metaspace"] {
  const { used, capacity, maxCapacity } = CLASS_MEMORY[field];
  const committed = sample.number(capacity);
  // Before the first collection the JVM has 0 there, which nothing is.
  const isKnown = committed !== null && committed > 0;
  if (!isKnown) notes.add([`memory.${field}.usedBytes`, `memory.${field}.committedBytes`], NOT_COUNTED);
  return {
    usedBytes: isKnown ? sample.number(used) : null,
    committedBytes: isKnown ? committed : null,
    maxBytes: sample.number(maxCapacity),
  };
}

function namesBelow(path: string) {
  return {
    name: `${path}.name`,
    used: `${path}.used`,
    capacity: `${path}.capacity`,
    maxCapacity: `${path}.maxCapacity`,
  };
}

function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
