import type { Notes } from "../../linux/cgroup/notes.ts";
import type { JvmFigures } from "./figures-schema.ts";
import type { PerfSample } from "./hsperfdata/perf-layout.ts";
import { maskJvmArguments } from "./mask-jvm-arguments.ts";
import { collectorsOf, memoryFigures } from "./memory-figures.ts";
import { collectorName } from "./pool-names.ts";

/**
 * Makes the figures of a JVM from its counters; why some are null goes to the notes.
 * @param uptimeSeconds since when it runs, of which shares are.
 */
export function readFigures(counters: PerfSample, uptimeSeconds: number, notes: Notes): JvmFigures {
  const sample = withoutNegative(counters);
  const number = (name: string) => sample.number(name);
  const text = (name: string) => sample.text(name) || null;
  const seconds = (name: string) => secondsOf(sample, name);
  const vmArguments = sample.words("java.rt.vmArgs", maskJvmArguments);
  const command = sample.words("sun.rt.javaCommand", commandOf);
  const safepointSeconds = seconds("sun.rt.safepointTime");
  return {
    vm: vmFigures(text),
    command: command?.[0] ?? null,
    arguments: vmArguments === null ? null : [...vmArguments],
    flagsFile: text("java.rt.vmFlags"),
    memory: memoryFigures(sample, notes),
    gc: gcFigures(sample, uptimeSeconds),
    safepoints: {
      count: number("sun.rt.safepoints"),
      timeSeconds: safepointSeconds,
      syncSeconds: seconds("sun.rt.safepointSyncTime"),
      share: shareOf(safepointSeconds, uptimeSeconds),
    },
    threads: {
      live: number("java.threads.live"),
      daemon: number("java.threads.daemon"),
      peak: number("java.threads.livePeak"),
      started: number("java.threads.started"),
    },
    classes: classFigures(number),
    compiler: {
      timeSeconds: seconds("java.ci.totalTime"),
      compilations: number("sun.ci.totalCompiles"),
      bailouts: number("sun.ci.totalBailouts"),
      invalidations: number("sun.ci.totalInvalidates"),
      codeBytes: number("sun.ci.nmethodCodeSize"),
    },
    canAttach: canAttach(sample),
  };
}

/** All of it counts something: what is below 0 was not written by a JVM, or stands for "not known". */
function withoutNegative(sample: PerfSample): PerfSample {
  return {
    text: sample.text,
    words: sample.words,
    number(name) {
      const value = sample.number(name);
      return value === null || value < 0 ? null : value;
    },
  };
}

/** The JVM's own word on whether it takes part in attaching; null where it has none. */
export function canAttach(sample: PerfSample): boolean | null {
  const capabilities = sample.text("sun.rt.jvmCapabilities");
  return capabilities === null || capabilities === "" ? null : capabilities.startsWith("1");
}

/** As one text. */
function commandOf(text: string): [string] {
  return [maskJvmArguments(text).join(" ")];
}

function vmFigures(text: (name: string) => string | null): JvmFigures["vm"] {
  return {
    name: text("java.property.java.vm.name"),
    version: text("java.property.java.vm.version"),
    vendor: text("java.property.java.vm.vendor"),
    // Java 8 has none of its own there.
    javaVersion: text("java.property.java.version") ?? text("java.property.java.vm.version"),
    specification: text("java.property.java.vm.specification.version"),
    mode: text("java.property.java.vm.info"),
    home: text("java.property.java.home"),
  };
}

function classFigures(number: (name: string) => number | null): JvmFigures["classes"] {
  const total = (own: number | null, shared: number | null) =>
    own === null ? null : Math.max(0, own + (shared ?? 0));
  const started = total(number("java.cls.loadedClasses"), number("java.cls.sharedLoadedClasses"));
  const unloaded = total(number("java.cls.unloadedClasses"), number("java.cls.sharedUnloadedClasses"));
  return { loaded: started === null ? null : Math.max(0, started - (unloaded ?? 0)), unloaded };
}

function gcFigures(sample: PerfSample, uptimeSeconds: number): JvmFigures["gc"] {
  const cause = (name: string) => {
    const text = sample.text(name);
    return text === null || text === "" || text === "No GC" ? null : text;
  };
  const collectors = collectorsOf(sample).map((names) => {
    const name = sample.text(names.name) ?? "";
    const timeSeconds = secondsOf(sample, names.time);
    return {
      ...{ name, gc: collectorName(name), timeSeconds },
      count: sample.number(names.invocations),
      share: shareOf(timeSeconds, uptimeSeconds),
    };
  });
  const timeSeconds = total(collectors.map((each) => each.timeSeconds));
  return {
    policy: sample.text("sun.gc.policy.name"),
    running: cause("sun.gc.cause"),
    lastCause: cause("sun.gc.lastCause"),
    count: total(collectors.map((each) => each.count)),
    timeSeconds,
    share: shareOf(timeSeconds, uptimeSeconds),
    cpuSeconds: nanosecondsOf(sample.number("sun.threads.total_gc_cpu_time")),
    collectors,
  };
}

function secondsOf(sample: PerfSample, name: string): number | null {
  const ticks = sample.number(name);
  const frequency = sample.number("sun.os.hrt.frequency");
  return ticks === null || frequency === null || frequency <= 0 ? null : Math.max(0, ticks / frequency);
}

function nanosecondsOf(value: number | null): number | null {
  return value === null ? null : Math.max(0, value / 1_000_000_000);
}

function shareOf(seconds: number | null, ofSeconds: number): number | null {
  if (seconds === null || ofSeconds <= 0) return null;
  return Math.round((seconds / ofSeconds) * 1_000_000) / 1_000_000;
}

function total(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
