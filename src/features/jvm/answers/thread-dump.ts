import { z } from "zod";

/** Reads the text of a thread dump, as HotSpot writes it (Java 8 to 25). The text is the app's: all of it is bounded. */

const lock = z.object({
  action: z.enum(["locked", "waiting on", "waiting to lock", "parking to wait for", "eliminated"]),
  address: z
    .string()
    .nullable()
    .meta({ description: "Of the object; the same for all who name it in one dump." }),
  class: z.string().nullable(),
  frame: z.int().meta({ description: "The number of the frame that it belongs to, from 0." }),
});

/** One thread. */
export const threadEntry = z.object({
  name: z.string(),
  id: z.number().nullable().meta({ description: "Of java.lang.Thread; null for threads of the JVM itself." }),
  nativeId: z.number().nullable().meta({ description: "The thread id as the JVM sees it." }),
  isDaemon: z.boolean(),
  priority: z.number().nullable(),
  cpuMs: z.number().nullable().meta({ description: "Told by Java 11 and later." }),
  elapsedSeconds: z.number().nullable(),
  state: z.string().nullable().meta({
    description: "RUNNABLE, BLOCKED, WAITING, TIMED_WAITING…; null for threads of the JVM itself.",
  }),
  stateDetail: z.string().nullable().meta({ description: "`sleeping`, `parking`, `on object monitor`…" }),
  condition: z
    .string()
    .nullable()
    .meta({ description: "What the JVM itself says: `waiting for monitor entry`…" }),
  frames: z.array(z.string()).meta({ description: "The innermost first." }),
  locks: z.array(lock),
  ownedSynchronizers: z.array(z.object({ address: z.string(), class: z.string() })),
});

const deadlocked = z.object({
  thread: z.string(),
  waitsFor: z.string().meta({ description: "The address of the object, as in `locks`." }),
  class: z.string().nullable(),
  heldBy: z.string(),
});

/** What is read of a dump. */
export const threadDump = z.object({
  threads: z.array(threadEntry),
  deadlocks: z
    .array(z.array(deadlocked))
    .meta({ description: "Each a ring of threads, none of which goes on." }),
});

/** One thread of a dump. */
export type ThreadEntry = z.output<typeof threadEntry>;
/** A dump. */
export type ThreadDump = z.output<typeof threadDump>;
type Lock = z.output<typeof lock>;
type Deadlocked = z.output<typeof deadlocked>;

/** A name may have any length. */
const MAX_LINE_LENGTH = 4_096;
const HEAD = /^"(.*)" (?:#(\d+) )?(?:\[\d+\] )?(daemon )?(?:prio=(\d+) )?(?:os_prio=-?\d+ )?(.*)$/;
const STATE = /^ {3}java\.lang\.Thread\.State: ([A-Z_]+)(?: \(([^)]*)\))?/;
const FRAME = /^\tat (.*)$/;
const LOCK =
  /^\t- (locked|waiting on|waiting to lock|parking to wait for|eliminated)\s+<([^>]*)>(?: \(an? ([^)]*)\))?/;
const SYNCHRONIZER = /^\t- <(0x[0-9a-f]+)> \(an? ([^)]*)\)/;
const WAITS =
  /^ {2}waiting (?:to lock monitor \S+ \(object (0x[0-9a-f]+), an? ([^)]*)\)|for ownable synchronizer (0x[0-9a-f]+), \(an? ([^)]*)\))/;
const HELD = /^ {2}(?:which is|in JNI, which is) held by "(.*)"/;

/** Reads a dump. Lines of a kind that is not known are passed over. */
export function parseThreadDump(text: string): ThreadDump {
  const lines = text.split("\n").map((line) => line.slice(0, MAX_LINE_LENGTH).trimEnd());
  const start = lines.findIndex((line) => /^Found (?:one|a total of \d+) Java-level deadlock/.test(line));
  const cut = start === -1 ? lines.length : start;
  return { threads: threadsOf(lines.slice(0, cut)), deadlocks: deadlocksOf(lines.slice(cut)) };
}

function threadsOf(lines: readonly string[]): ThreadEntry[] {
  const threads: ThreadEntry[] = [];
  for (const line of lines) {
    const head = line.startsWith('"') ? threadOf(line) : undefined;
    if (head !== undefined) threads.push(head);
    else addLine(threads.at(-1), line);
  }
  return threads;
}

function threadOf(line: string): ThreadEntry | undefined {
  const [, name, id, daemon, priority, rest = ""] = HEAD.exec(line) ?? [];
  if (name === undefined || !/\btid=0x/.test(rest)) return undefined;
  const nativeId = /\bnid=(\S+)/.exec(rest)?.[1];
  const condition = /\bnid=\S+ (.*?)\s*(?:\[0x[0-9a-f]+\])?$/.exec(rest)?.[1];
  return {
    name,
    id: numberOf(id),
    nativeId: numberOf(nativeId),
    isDaemon: daemon !== undefined,
    priority: numberOf(priority),
    cpuMs: numberOf(/\bcpu=([\d.]+)ms/.exec(rest)?.[1]),
    elapsedSeconds: numberOf(/\belapsed=([\d.]+)s/.exec(rest)?.[1]),
    ...{ state: null, stateDetail: null, condition: condition || null },
    ...{ frames: [], locks: [], ownedSynchronizers: [] },
  };
}

function addLine(thread: ThreadEntry | undefined, line: string): void {
  if (thread === undefined || line === "") return;
  const [, state, detail = null] = STATE.exec(line) ?? [];
  if (state !== undefined) {
    thread.state = state;
    thread.stateDetail = detail;
    return;
  }
  const frame = FRAME.exec(line)?.[1];
  if (frame !== undefined) {
    thread.frames.push(frame);
    return;
  }
  const [, owned, ownedClass] = SYNCHRONIZER.exec(line) ?? [];
  if (owned !== undefined && ownedClass !== undefined) {
    thread.ownedSynchronizers.push({ address: owned, class: ownedClass });
    return;
  }
  const lockFound = lockOf(line, thread.frames.length - 1);
  if (lockFound !== undefined) thread.locks.push(lockFound);
}

function lockOf(line: string, frame: number): Lock | undefined {
  const [, action, address = "", ofClass = null] = LOCK.exec(line) ?? [];
  const known = lock.shape.action.safeParse(action);
  if (!known.success) return undefined;
  return {
    action: known.data,
    address: /^0x[0-9a-f]+$/.test(address) ? address : null,
    class: ofClass,
    frame: Math.max(0, frame),
  };
}

/** Each begins with a line of its own; behind the rings stand the stacks of their threads, which are known already. */
function deadlocksOf(lines: readonly string[]): Deadlocked[][] {
  const rings: Deadlocked[][] = [];
  let thread: string | undefined;
  let waits: Pick<Deadlocked, "waitsFor" | "class"> | undefined;
  for (const line of lines) {
    if (line.startsWith("Found ") && line.endsWith(":")) rings.push([]);
    thread = /^"(.*)":$/.exec(line)?.[1] ?? thread;
    waits = waitOf(line) ?? waits;
    const heldBy = HELD.exec(line)?.[1];
    if (heldBy === undefined || thread === undefined || waits === undefined) continue;
    rings.at(-1)?.push({ thread, ...waits, heldBy });
    waits = undefined;
  }
  return rings.filter((ring) => ring.length > 0);
}

function waitOf(line: string): Pick<Deadlocked, "waitsFor" | "class"> | undefined {
  const [, monitor, monitorClass, synchronizer, synchronizerClass] = WAITS.exec(line) ?? [];
  const waitsFor = monitor ?? synchronizer;
  return waitsFor === undefined ? undefined : { waitsFor, class: monitorClass ?? synchronizerClass ?? null };
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}
