import { setTimeout as delay } from "node:timers/promises";
import { closest } from "../../../base/closest.ts";
import { StartError } from "../../../base/errors.ts";
import type { Turns } from "../../../base/turns.ts";
import type { LogForwardSettings, Settings } from "../../../settings/schema.ts";
import type { Logger } from "../../../web/log.ts";
import type { LogFile } from "../log-file.ts";
import type { LogSet } from "../log-set.ts";
import { createDestination } from "./create-destination.ts";
import { createForwarder, type Forwarder } from "./forwarder.ts";
import { positionFile } from "./position.ts";
import { readTlsFiles } from "./tls-files.ts";

/** All that is forwarded: each log to each of its destinations, independently of the others. */
export interface Forwarders {
  /** Those that there are now. */
  list(): readonly Forwarder[];
  /** Reads and sends until `signal`; then what is there still, for a moment. Files of patterns come and go meanwhile. */
  run(signal: AbortSignal): Promise<void>;
}

/** What the forwarders need. */
export interface ForwardersDeps {
  readonly log: Logger;
  readonly turns: Turns;
  /** Where the positions are kept. */
  readonly stateDir: string;
}

/** How often it is looked which files patterns stand for. */
const LOOK_MS = 1_000;
/** A file that is away for so many looks, and of which nothing waits, is forwarded no more. */
const LOOKS_AWAY = 30;

/**
 * Makes those of the settings.
 * @throws {StartError} where two destinations have the same name, a log is none of `logs.files`, or a file that is named
 * can't be read.
 */
export function createForwarders(settings: Settings["logs"], logs: LogSet, deps: ForwardersDeps): Forwarders {
  const names = new Set<string>();
  const making = settings.forward.map((destination) => {
    const name = destination.name ?? destination.to;
    refuseSecond(name, names);
    refuseUnknown(destination, logs);
    const tls = readTlsFiles(destination);
    if (!destination.verify && /^(https|tls):/.test(destination.url)) {
      deps.log.warn({ destination: name }, "the receiver of the logs is not verified (verify: false)");
    }
    return { name, destination, make: makerOf(name, { destination, tls, settings, deps }) };
  });
  const wanted = (files: Iterable<LogFile>, more: Partial<LogForwardSettings> = {}) =>
    [...files].flatMap((file) =>
      making
        .filter(({ destination }) => destination.files?.includes(file.name) ?? true)
        .map(({ name, make }) => ({ key: `${name}\n${file.path}`, make: () => make(file, more) })),
    );
  const named = wanted(logs.named).map(({ make }) => make());
  if (logs.patterns.length === 0 || making.length === 0) {
    const run = (signal: AbortSignal) => runAll(named, signal);
    return { list: () => named, run };
  }
  const keys = new Set(wanted(logs.named).map(({ key }) => key));
  const coming = createComing(async (isFirst) => {
    const more = isFirst ? {} : ({ from: "start" } as const);
    return wanted((await logs.all()).values(), more).filter(({ key }) => !keys.has(key));
  });
  return {
    list: () => [...named, ...coming.list()],
    async run(signal) {
      await Promise.all([runAll(named, signal), coming.run(signal)]);
    },
  };
}

async function runAll(forwarders: readonly Forwarder[], signal: AbortSignal): Promise<void> {
  await Promise.all(forwarders.map((forwarder) => forwarder.run(signal)));
}

interface MakerParts {
  readonly destination: LogForwardSettings;
  readonly tls: ReturnType<typeof readTlsFiles>;
  readonly settings: Settings["logs"];
  readonly deps: ForwardersDeps;
}

function makerOf(name: string, { destination, tls, settings, deps }: MakerParts) {
  const { log, turns, stateDir } = deps;
  return (file: LogFile, more: Partial<LogForwardSettings>): Forwarder =>
    createForwarder({
      ...{ name, settings: { ...destination, ...more }, file, turns },
      maxLineBytes: settings.maxLineBytes,
      destination: createDestination(destination, tls, file.name),
      position: positionFile(stateDir, name, file.path),
      log: log.child({ destination: name, file: file.name }),
    });
}

/** A forwarder that is wanted, and by what it is known. */
interface Wanted {
  readonly key: string;
  make(): Forwarder;
}

/** Those of files that come and go. @param look which are wanted now; at the first look, those that were there before. */
function createComing(look: (isFirst: boolean) => Promise<readonly Wanted[]>) {
  const running = new Map<
    string,
    {
      readonly forwarder: Forwarder;
      readonly stop: AbortController;
      readonly over: Promise<void>;
      away: number;
    }
  >();
  const begin = ({ key, make }: Wanted, signal: AbortSignal): void => {
    const forwarder = make();
    const stop = new AbortController();
    const over = forwarder.run(AbortSignal.any([signal, stop.signal]));
    running.set(key, { forwarder, stop, over, away: 0 });
  };
  const end = async (present: ReadonlySet<string>): Promise<void> => {
    for (const [key, each] of running) {
      each.away = present.has(key) ? 0 : each.away + 1;
      if (each.away < LOOKS_AWAY || each.forwarder.state.waitingSinceMs !== null) continue;
      each.stop.abort();
      running.delete(key);
      await each.over;
    }
  };
  return {
    list: (): readonly Forwarder[] => [...running.values()].map(({ forwarder }) => forwarder),
    async run(signal: AbortSignal): Promise<void> {
      for (let isFirst = true; !signal.aborted; isFirst = false) {
        const wanted = await look(isFirst);
        for (const each of wanted) if (!running.has(each.key)) begin(each, signal);
        await end(new Set(wanted.map(({ key }) => key)));
        await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
      }
      await Promise.all([...running.values()].map(({ over }) => over));
    },
  };
}

function refuseSecond(name: string, names: Set<string>): void {
  if (names.has(name)) {
    throw new StartError(`Two destinations of logs.forward are named ${name}.`, {
      remedy: `Give one of them a name of its own: {name: other-${name}, …}. Its position is kept by it.`,
    });
  }
  names.add(name);
}

function refuseUnknown({ files }: LogForwardSettings, { named, patterns }: LogSet): void {
  if (named.length === 0 && patterns.length === 0) {
    throw new StartError("logs.forward has nothing to send: logs.files names no log.", {
      remedy: "SIDECAR_LOGS_FILES=/path/of/app.log",
    });
  }
  const names = named.map(({ name }) => name);
  const unknown = files?.find((name) => !names.includes(name) && !patterns.some((is) => is(name)));
  if (unknown === undefined) return;
  const near = closest(unknown, names) ?? names.join(", ");
  throw new StartError(`logs.forward names the log ${unknown}, and logs.files has none of this name.`, {
    remedy: `files: [${near}]`,
  });
}
