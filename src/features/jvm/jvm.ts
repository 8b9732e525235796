import type { CoreProcessFinder } from "../../linux/core-process.ts";
import type { Obstacle } from "../../linux/look-into.ts";
import type { Settings } from "../../settings/schema.ts";
import type { Logger } from "../../web/log.ts";
import { type CapabilityPart, capabilityOf, type Feature } from "../feature.ts";
import { checkJmxWay } from "./access/check-way.ts";
import { createJmxAccess } from "./access/jmx-access.ts";
import { checkAttach } from "./attach/attach-check.ts";
import { createAttacher } from "./attach/attacher.ts";
import { addClasses } from "./classes-route.ts";
import { detailJvm, listJvms } from "./describe-jvm.ts";
import { addDumpRoutes, createHeapDumps } from "./dumps/dump-routes.ts";
import { removeLeftFiles } from "./files/left-files.ts";
import { addGc } from "./gc-route.ts";
import { createJolokiaRooms } from "./jolokia/jolokia-rooms.ts";
import { addJolokiaRoutes } from "./jolokia/jolokia-routes.ts";
import { createJvmFinder, type Jvm } from "./jvm-finder.ts";
import { createJvmMetrics } from "./jvm-metrics.ts";
import { allowRemedy, createAllowList } from "./mbeans/allow-list.ts";
import { addChangeRoutes } from "./mbeans/change-routes.ts";
import { addMBeanRoutes } from "./mbeans/mbean-routes.ts";
import { addObserveRoutes } from "./observe-routes.ts";
import { stopRecording } from "./recordings/flight-recorder.ts";
import { recordingName } from "./recordings/record.ts";
import { addRecordingRoutes, createRecordings } from "./recordings/recording-routes.ts";
import { addTalkRoutes } from "./talk-routes.ts";
import { allowsTouch, type TouchLevel, touchSetting } from "./touch.ts";

/** The feature `jvm`: any JVM of the core, from outside: no agent, no restart, no Java in the sidecar. */

/** What the feature needs. */
export interface JvmDeps {
  readonly coreProcess: CoreProcessFinder;
  /** `core.url`: at its host a JMX port of the app is reached. */
  readonly coreUrl: string;
  /** Of the sidecar. */
  readonly version: string;
  /** Where it is written down what operators had JVMs do. */
  readonly log: Logger;
}

/** Makes the feature. */
export function createJvm(
  settings: Settings["jvm"],
  { coreProcess, coreUrl, version, log }: JvmDeps,
): Feature {
  const coreHost = new URL(coreUrl).hostname;
  const allow = createAllowList(settings.jmx.allow);
  const finder = createJvmFinder(coreProcess);
  const dumps = createHeapDumps(settings);
  const recordings = createRecordings(settings);
  const attacher = createAttacher({ timeoutMs: settings.timeoutMs });
  const access = createJmxAccess({ attacher, settings, coreHost, log });
  const rooms = createJolokiaRooms(access);
  const mayStop = allowsTouch(settings.touch, "disturb");
  let removing: Promise<void> = Promise.resolve();
  return {
    name: "jvm",
    start(signal) {
      // Streams of notifications would hold the end up.
      signal.addEventListener("abort", () => void rooms[Symbol.asyncDispose](), { once: true });
      const stop = (jvm: Jvm, fileId: string) => stopRecording(jvm, attacher, recordingName(fileId));
      const dirs = ["/tmp", settings.dumpDir];
      removing = removeLeftFiles({ finder, dirs, log, stopRecording: mayStop ? stop : undefined }, signal);
    },
    diagnostics: [{ file: "jvm.json", read: async () => readAll(await finder.list()) }],
    async capability() {
      const { core, jvms, obstacle } = await finder.list();
      const unknown = core.kind === "missing" ? core : obstacle;
      const parts = await Promise.all(jvms.map((jvm) => partsOf(jvm, settings, coreHost)));
      if (unknown === undefined && jvms.length > 0) return capabilityOf(parts.flat());
      const none = "None of the app's processes is a JVM.";
      return capabilityOf([partOf("find JVMs", unknown, none), ...parts.flat()]);
    },
    metrics: createJvmMetrics(finder),
    routes(table) {
      addObserveRoutes(table, finder);
      const parts = { finder, attacher, touch: settings.touch, log };
      addTalkRoutes(table, parts);
      addClasses(table, parts);
      addGc(table, parts);
      addDumpRoutes(table, dumps, settings, parts);
      addRecordingRoutes(table, recordings, settings, parts);
      const mbeanParts = { ...parts, access, allow };
      addMBeanRoutes(table, mbeanParts);
      addChangeRoutes(table, mbeanParts);
      addJolokiaRoutes(table, { ...mbeanParts, version, rooms });
    },
    async [Symbol.asyncDispose]() {
      await removing;
      await rooms[Symbol.asyncDispose]();
      await access[Symbol.asyncDispose]();
      await dumps[Symbol.asyncDispose]();
      await recordings[Symbol.asyncDispose]();
      await finder[Symbol.asyncDispose]();
    },
  };
}

async function readAll(list: Awaited<ReturnType<ReturnType<typeof createJvmFinder>["list"]>>) {
  return { ...(await listJvms(list)), jvms: await Promise.all(list.jvms.map(detailJvm)) };
}

/** Which levels work with a JVM, and the line that opens those that don't. */
async function partsOf(
  jvm: Jvm,
  { touch, jmx }: Settings["jvm"],
  coreHost: string,
): Promise<CapabilityPart[]> {
  const { pid } = jvm.stat;
  const [{ source, unreadable }, { obstacle }, way] = await Promise.all([
    detailJvm(jvm),
    checkAttach(jvm),
    checkJmxWay(jvm, coreHost),
  ]);
  const unread = unreadable.find(({ field }) => field === "figures");
  const from =
    source === "memory" ? "its memory: it has no file of performance data" : "its performance data";
  return [
    partOf(`observe JVM ${pid}`, unread, `Read from ${from}.`),
    partOf(`talk to JVM ${pid}`, whyNotAllowed(touch, "talk") ?? obstacle),
    partOf(`read MBeans of JVM ${pid}`, whyNotAllowed(touch, way.takes) ?? way.obstacle, way.how),
    partOf(`change MBeans of JVM ${pid}`, whyNotAllowed(touch, "modify") ?? unnamed(jmx) ?? way.obstacle),
    partOf(`disturb JVM ${pid}`, whyNotAllowed(touch, "disturb") ?? obstacle),
  ];
}

function whyNotAllowed(allowed: TouchLevel, level: TouchLevel): Obstacle | undefined {
  if (allowsTouch(allowed, level)) return undefined;
  return { reason: `The settings allow ${allowed}.`, remedy: touchSetting(level) };
}

function unnamed({ allow }: Settings["jvm"]["jmx"]): Obstacle | undefined {
  if (allow.length > 0) return undefined;
  return {
    reason: "`jvm.jmx.allow` names none that may be changed.",
    remedy: allowRemedy("java.lang:type=Memory", { kind: "attributes", name: "Verbose" }),
  };
}

function partOf(name: string, obstacle: Obstacle | undefined, reason?: string): CapabilityPart {
  if (obstacle === undefined) return { name, works: true, ...(reason === undefined ? {} : { reason }) };
  const { remedy } = obstacle;
  return { name, works: false, reason: obstacle.reason, ...(remedy === null ? {} : { remedy }) };
}
