import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { AppError } from "../../../base/errors.ts";
import type { Recipe } from "../changes/make-content.ts";
import { bufferOf } from "../content.ts";
import { revived } from "../formats/tree.ts";
import {
  type ContentAnswer,
  type ContentOrder,
  type ContentThread,
  isContentAnswer,
} from "./content-orders.ts";
import { doContentWork } from "./content-work.ts";

/** The same extension as this file: the sources run as they are, the compiled program has no `.ts`. */
const THREAD = new URL(`content-main${extname(import.meta.url)}`, import.meta.url);
const MAX_HEAP_MB = 512;
/** Of the worst contents 256 KiB take one or two seconds, so that this is a few milliseconds. */
const SMALL_BYTES = 4_096;
/** Plain text is not taken apart, only looked through. */
const SMALL_TEXT_BYTES = 65_536;
/** How much CPU time one may take. Not by the clock: on a busy machine a content takes many times as long, and is no worse. */
const PATIENCE_MS = 30_000;
/** How many times as long it may take by the clock. */
const CLOCK_FACTOR = 20;
/** How often it is looked. */
const LOOK_MS = 1_000;
/** The thread and its memory are given back when nobody has asked for so long. */
const IDLE_MS = 30_000;

/** Makes it; the thread is started when it is needed. */
export function createContentThread(patienceMs = PATIENCE_MS): ContentThread {
  let thread: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  const end = async (): Promise<void> => {
    clearTimeout(idle);
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  };
  const inThread = async (order: ContentOrder): Promise<ContentAnswer> => {
    clearTimeout(idle);
    thread ??= startThread();
    try {
      return await answerOf(thread, order, patienceMs);
    } catch (error) {
      await end();
      throw error;
    } finally {
      idle = setTimeout(() => void end(), IDLE_MS).unref();
    }
  };
  const work = async (order: ContentOrder): Promise<ContentAnswer> => {
    if (isSmall(order)) return checked(await doContentWork(order));
    const answer = last.then(() => inThread(order));
    last = answer.catch(() => undefined);
    return checked(await answer);
  };
  const ask = async <K extends ContentAnswer["kind"]>(order: ContentOrder, kind: K) => {
    const answer = await work(order);
    if (isOfKind(answer, kind)) return answer;
    throw new Error(`${kind} was expected, and there is ${answer.kind}`);
  };
  return {
    show: (order) => ask({ kind: "show", ...order }, "shown"),
    diff: async (order) => (await ask({ kind: "diff", ...order }, "diffed")).diff,
    make: async (order) => bufferOf((await ask({ kind: "make", ...order }, "made")).bytes),
    async check(order) {
      await ask({ kind: "check", ...order }, "checked");
    },
    maskOutput: async (order) => (await ask({ kind: "mask", ...order }, "masked")).output,
    async parse(bytes) {
      const { tree, parseError } = await ask({ kind: "parse", bytes }, "parsed");
      return { tree: tree === undefined ? undefined : revived(tree), parseError };
    },
    [Symbol.asyncDispose]: end,
  };
}

function startThread(): Worker {
  // No environment: it holds tokens, and this thread needs nothing of it.
  const thread = new Worker(THREAD, {
    ...{ env: {}, execArgv: [], name: "config-content" },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  thread.unref();
  return thread;
}

async function answerOf(thread: Worker, order: ContentOrder, patienceMs: number): Promise<ContentAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ContentAnswer>();
  const onMessage = (message: unknown) => {
    if (isContentAnswer(message)) resolve(message);
  };
  const onError = (error: unknown) => reject(isOutOfMemory(error) ? tooMuch(order) : error);
  const onExit = () => reject(new Error("The thread that takes contents apart has ended."));
  const isTooLong = await clockOf(thread, patienceMs);
  const timer = setInterval(
    async () => {
      if (await isTooLong()) reject(tooLong(order, patienceMs));
    },
    Math.min(LOOK_MS, patienceMs),
  );
  thread.on("message", onMessage).on("error", onError).on("exit", onExit);
  try {
    thread.postMessage(order);
    return await promise;
  } finally {
    clearInterval(timer);
    thread.off("message", onMessage).off("error", onError).off("exit", onExit);
  }
}

/** Tells whether a thread has worked too long since now. */
async function clockOf(thread: Worker, patienceMs: number): Promise<() => Promise<boolean>> {
  // One that has only just been started has none to tell.
  const usedMs = () =>
    thread.cpuUsage().then(
      ({ user, system }) => (user + system) / 1_000,
      () => 0,
    );
  const fromMs = await usedMs();
  const startedAtMs = performance.now();
  return async () =>
    (await usedMs()) - fromMs > patienceMs || performance.now() - startedAtMs > patienceMs * CLOCK_FACTOR;
}

function isSmall(order: ContentOrder): boolean {
  const isText = order.kind !== "parse" && order.file.format === "text";
  return bytesOf(order) <= (isText ? SMALL_TEXT_BYTES : SMALL_BYTES);
}

function bytesOf(order: ContentOrder): number {
  switch (order.kind) {
    case "show":
    case "parse":
      return order.bytes.length;
    case "diff":
      return order.from.bytes.length + order.to.bytes.length;
    case "make":
      return order.old.length + recipeBytes(order.recipe);
    case "check":
    case "mask":
      return order.old.length + order.next.length;
  }
}

function recipeBytes(recipe: Recipe): number {
  if (recipe.kind === "replace") return recipe.body.length;
  return recipe.kind === "merge" || recipe.kind === "patch" ? recipe.sizeBytes : 0;
}

function isOfKind<K extends ContentAnswer["kind"]>(
  answer: ContentAnswer,
  kind: K,
): answer is Extract<ContentAnswer, { kind: K }> {
  return answer.kind === kind;
}

function checked(answer: ContentAnswer): ContentAnswer {
  if (answer.kind === "refused") throw new AppError(answer.code, answer.detail, answer.options);
  if (answer.kind === "failed") throw answer.error;
  return answer;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

function tooLong(order: ContentOrder, patienceMs: number): AppError {
  return notRead(order, `longer than ${patienceMs} ms`);
}

function tooMuch(order: ContentOrder): AppError {
  return notRead(order, "too much memory");
}

function notRead(order: ContentOrder, what: string): AppError {
  if (order.kind === "parse") {
    return new AppError("content-invalid", `The body takes ${what} to be read as JSON.`, {
      remedy: "Send several smaller changes, or the whole file with PUT.",
    });
  }
  const { name, format } = order.file;
  return new AppError("content-invalid", `${name} takes ${what} to be read as ${format}.`, {
    remedy: `Set \`format: text\` for ${name} in config.files: then it is served as it is.`,
  });
}
