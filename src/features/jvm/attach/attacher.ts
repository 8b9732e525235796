import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../base/errors.ts";
import type { Obstacle } from "../../../linux/look-into.ts";
import { signalProcess } from "../../../linux/signal-process.ts";
import type { Jvm } from "../jvm-finder.ts";
import { type Attachable, checkAttach } from "./attach-check.ts";
import { type AttachPlace, openAttachPlace } from "./attach-place.ts";
import { type AttachVersion, attachAnswer, attachRequest, offeredVersion } from "./attach-protocol.ts";
import { exchange } from "./exchange.ts";

/** Talks to JVMs over the attach protocol, with one request at a time to each, as the JVM itself works them off. */
export interface Attacher {
  /**
   * Gives what a JVM answers to a command.
   * @throws {AppError} `jvm-not-attachable` with what is in the way, `jvm-refused`, `core-timeout`, `core-reset`,
   * `limit-reached` where too many wait.
   */
  ask(jvm: Jvm, command: string, ...args: readonly string[]): Promise<string>;
  /** As `ask`, for what takes minutes. Meanwhile all other requests to that JVM are refused with `limit-reached`. */
  askLong(jvm: Jvm, how: LongAsk, command: string, ...args: readonly string[]): Promise<string>;
}

/** How something is asked that takes minutes. */
export interface LongAsk {
  readonly timeoutMs: number;
  /** Gives it up; its reason is thrown. */
  readonly signal: AbortSignal;
}

const POLL_MS = 20;
/** So many requests may wait for the one that a JVM is at. */
const MAX_WAITING = 8;
/** A JVM that did not answer to the signal gets none again for so long: each could become a thread dump in its output. */
const QUIET_MS = 60_000;
/** Since then there may be version 2. */
const FIRST_WITH_VERSION_2 = 24;
const MAX_KNOWN = 64;

interface Known {
  queue: Promise<unknown>;
  waiting: number;
  version: AttachVersion | undefined;
  quietUntilMs: number;
  isLong: boolean;
}

/** Makes the attacher. */
export function createAttacher({ timeoutMs }: { readonly timeoutMs: number }): Attacher {
  const known = new Map<string, Known>();
  const knownOf = (jvm: Jvm): Known => {
    const key = `${jvm.stat.pid}:${jvm.stat.startTicks}`;
    const found = known.get(key) ?? newKnown();
    known.delete(key);
    known.set(key, found);
    const [oldest] = known.keys();
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
    return found;
  };
  const inTurn = async (state: Known, act: () => Promise<string>): Promise<string> => {
    state.waiting += 1;
    const turn = state.queue.then(act);
    state.queue = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      state.waiting -= 1;
    }
  };
  return {
    async ask(jvm, command, ...args) {
      const state = knownOf(jvm);
      if (state.waiting >= MAX_WAITING || state.isLong) throw tooMany(jvm, state);
      return await inTurn(state, () => askOnce(jvm, state, { timeoutMs }, { command, args }));
    },
    async askLong(jvm, how, command, ...args) {
      const state = knownOf(jvm);
      if (state.isLong) throw tooMany(jvm, state);
      state.isLong = true;
      try {
        return await inTurn(state, async () => {
          // Opens the socket, and can't be given up: without its file, our signal would become a thread dump.
          await askOnce(jvm, state, { timeoutMs }, { command: "jcmd", args: ["VM.version"] });
          return await askOnce(jvm, state, how, { command, args });
        });
      } finally {
        state.isLong = false;
      }
    },
  };
}

function newKnown(): Known {
  return { queue: Promise.resolve(), waiting: 0, version: undefined, quietUntilMs: 0, isLong: false };
}

async function askOnce(
  jvm: Jvm,
  state: Known,
  { timeoutMs, signal }: Partial<LongAsk> & Pick<LongAsk, "timeoutMs">,
  { command, args }: { readonly command: string; readonly args: readonly string[] },
): Promise<string> {
  const { attachable, obstacle } = await checkAttach(jvm);
  if (obstacle !== undefined) throw notAttachable(jvm, obstacle);
  await using place = await openAttachPlace(jvm.stat.pid, attachable);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooSlow(jvm, timeoutMs)), timeoutMs);
  const stop = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  try {
    const send = (request: Buffer) => sendOver({ jvm, place, state, signal: stop, attachable }, request);
    state.version ??= attachable.release < FIRST_WITH_VERSION_2 ? 1 : await versionOf(send);
    return attachAnswer(
      await send(attachRequest(state.version, command, args)),
      [command, ...args].join(" ").trim(),
    );
  } finally {
    clearTimeout(timer);
  }
}

async function versionOf(send: (request: Buffer) => Promise<Buffer>): Promise<AttachVersion> {
  return offeredVersion(await send(attachRequest(1, "getversion", ["options"])));
}

interface Talk {
  readonly jvm: Jvm;
  readonly attachable: Attachable;
  readonly place: AttachPlace;
  readonly state: Known;
  readonly signal: AbortSignal;
}

/** Sends it to the socket that is there, or to the one that the JVM opens when it is asked to. */
async function sendOver(talk: Talk, request: Buffer): Promise<Buffer> {
  return (await sendIfOpen(talk, request)) ?? (await sendOnceOpened(talk, request));
}

/** Undefined where there is no socket, or one that was left behind. */
async function sendIfOpen({ place, signal, attachable }: Talk, request: Buffer): Promise<Buffer | undefined> {
  await using socket = await place.openSocket();
  return socket === undefined
    ? undefined
    : await exchange(socket, request, { signal, asUser: attachable.asUser });
}

/** Makes the JVM open its socket; whatever comes of it, the file that says so is gone afterwards. */
async function sendOnceOpened(talk: Talk, request: Buffer): Promise<Buffer> {
  const { jvm, place, state, signal, attachable } = talk;
  if (attachable.signalObstacle !== undefined) throw notAttachable(jvm, attachable.signalObstacle);
  if (performance.now() < state.quietUntilMs) throw stillQuiet(jvm);
  await using _ = await place.putTrigger();
  const identity = { pid: jvm.stat.pid, startTime: jvm.startTime };
  if (signalProcess(identity, "SIGQUIT") !== "sent") throw hasEnded(jvm);
  state.quietUntilMs = performance.now() + QUIET_MS;
  for (;;) {
    // One that was left behind by an earlier JVM is still there for a moment.
    const answer = await sendIfOpen(talk, request);
    if (answer !== undefined) {
      state.quietUntilMs = 0;
      return answer;
    }
    if (signalProcess(identity, 0) === "gone") throw hasEnded(jvm);
    signal.throwIfAborted();
    await delay(POLL_MS);
  }
}

function notAttachable({ stat: { pid } }: Jvm, { reason, remedy }: Obstacle): AppError {
  const detail = `JVM ${pid} can't be attached to: ${reason}.`;
  return new AppError("jvm-not-attachable", detail, remedy === null ? {} : { remedy });
}

function hasEnded({ stat: { pid } }: Jvm): AppError {
  return new AppError("core-reset", `JVM ${pid} has just ended.`, { remedy: "GET jvm" });
}

function tooSlow({ stat: { pid } }: Jvm, timeoutMs: number): AppError {
  return new AppError("core-timeout", `JVM ${pid} did not answer within ${timeoutMs} ms.`, {
    remedy:
      "It may be held at a safepoint, stopped, or without a CPU: GET jvm/{pid} and processes/{pid} still tell of it. SIDECAR_JVM_TIMEOUT_MS allows more.",
  });
}

function stillQuiet({ stat: { pid } }: Jvm): AppError {
  return new AppError("core-timeout", `JVM ${pid} did not open its attach socket when it was asked to.`, {
    headers: { "Retry-After": "60" },
    remedy:
      "It is left alone for a minute: each further signal could become a thread dump in the app's output.",
  });
}

function tooMany({ stat: { pid } }: Jvm, { isLong }: Known): AppError {
  const detail = isLong
    ? `JVM ${pid} is at something that takes long, such as a heap dump.`
    : `${MAX_WAITING} requests wait for JVM ${pid} already.`;
  return new AppError("limit-reached", detail, { headers: { "Retry-After": isLong ? "5" : "2" } });
}
