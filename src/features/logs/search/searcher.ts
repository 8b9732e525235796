import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { AppError } from "../../../base/errors.ts";
import { type Known, NOTHING_KNOWN } from "../known-line.ts";
import type { SearchedBlock } from "./block-search.ts";
import { isPlain, type Pattern } from "./pattern.ts";
import {
  DONE,
  type FilePart,
  isSearchAnswer,
  type SearchAnswer,
  type SearchEnd,
  type SearchOrder,
  type SearchStart,
  type Sought,
  TAKEN,
} from "./search-orders.ts";

/** Looks for a pattern in a thread of its own, which an expression that takes too long can't hold: it is ended then. */
export interface Searcher extends AsyncDisposable {
  /**
   * The lines with it in a part of a file, up to the last line end; the file stays open.
   * @param known of the line before it.
   */
  inFile(part: FilePart, known?: Known): AsyncGenerator<SearchedBlock, SearchEnd>;
  /** For each line whether it is wanted. */
  marksOf(lines: readonly Buffer[]): Promise<Uint8Array>;
}

/** The parameters of a query that are expressions. */
type Parameter = "regex" | "multiline";

/** The threads of all searches. */
export interface Searchers {
  /**
   * A thread for one search; undefined where there are as many as may be. Whoever gets it disposes of it.
   * @param parameter of the query that asks for it.
   */
  begin(sought: Sought, maxLineBytes: number, parameter?: Parameter): Searcher | undefined;
}

/** The same extension as this file: the sources run as they are, the compiled program has no `.ts`. */
const THREAD = new URL(`search-main${extname(import.meta.url)}`, import.meta.url);
const MAX_HEAP_MB = 96;
/** One thread at work for each CPU would be enough; those that follow a log wait most of the time. */
const MAX_THREADS = 8;
/** How long one block may take, which takes milliseconds. */
const PATIENCE_MS = 4_000;

/** Makes what bounds the searches. */
export function createSearchers(maxThreads = MAX_THREADS, patienceMs = PATIENCE_MS): Searchers {
  let threads = 0;
  return {
    begin(sought, maxLineBytes, parameter = "regex") {
      if (threads === maxThreads) return undefined;
      threads += 1;
      const onEnd = () => {
        threads -= 1;
      };
      return new ThreadSearcher({ sought, maxLineBytes, parameter, patienceMs, onEnd });
    },
  };
}

interface SearcherParts {
  readonly sought: Sought;
  readonly maxLineBytes: number;
  readonly parameter: Parameter;
  readonly patienceMs: number;
  readonly onEnd: () => void;
}

class ThreadSearcher implements Searcher {
  readonly #counts = new Int32Array(new SharedArrayBuffer(8));
  readonly #thread: Worker;
  readonly #answers: SearchAnswer[] = [];
  readonly #patienceMs: number | undefined;
  readonly #onEnd: () => void;
  readonly #tooSlow: () => AppError;
  #wake = () => {};
  #ended: unknown;
  readonly #isOnline: Promise<void>;

  constructor({ sought, maxLineBytes, parameter, patienceMs, onEnd }: SearcherParts) {
    const { pattern } = sought;
    this.#tooSlow = () => tooSlow(parameter, pattern);
    // A text takes no longer than the disk does.
    this.#patienceMs = pattern === undefined || isPlain(pattern) ? undefined : patienceMs;
    this.#onEnd = onEnd;
    const start: SearchStart = { ...sought, maxLineBytes, counts: this.#counts.buffer };
    // No environment: it holds tokens, and this thread needs nothing of it.
    this.#thread = new Worker(THREAD, {
      ...{ workerData: start, env: {}, execArgv: [], name: "log-search" },
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    this.#thread.on("message", (message: unknown) => {
      if (!isSearchAnswer(message)) return;
      this.#answers.push(message);
      this.#wake();
    });
    const end = (error: unknown) => {
      this.#ended ??= error;
      this.#wake();
    };
    const online = Promise.withResolvers<void>();
    this.#isOnline = online.promise;
    this.#thread.once("online", online.resolve);
    this.#thread.once("exit", () => online.resolve());
    this.#thread.once("error", end);
    this.#thread.once("exit", (code) => end(new Error(`The thread of a search has ended with ${code}.`)));
    this.#thread.unref();
  }

  async *inFile(part: FilePart, known = NOTHING_KNOWN): AsyncGenerator<SearchedBlock, SearchEnd> {
    this.#order({ kind: "file", ...part, known });
    let isOver = false;
    try {
      for (;;) {
        const answer = await this.#next();
        isOver = answer.kind === "done";
        if (answer.kind === "done") return { known: answer.known, isPast: answer.isPast };
        if (answer.kind === "block") yield answer;
      }
    } finally {
      // It must not read from a descriptor that is closed, and may be another file's then.
      if (!isOver) await this.#thread.terminate();
    }
  }

  async marksOf(lines: readonly Buffer[]): Promise<Uint8Array> {
    const bytes = Buffer.concat(lines.flatMap((line) => [line, LINE_END]));
    this.#order({ kind: "lines", bytes, count: lines.length });
    const answer = await this.#next();
    if (answer.kind !== "marks") throw new Error(`marks were asked for, and there are ${answer.kind}`);
    return answer.marks;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
    this.#onEnd();
  }

  #order(order: SearchOrder): void {
    this.#thread.postMessage(order);
  }

  async #next(): Promise<SearchAnswer> {
    const answer = this.#answers.shift() ?? (await this.#wait());
    Atomics.add(this.#counts, TAKEN, 1);
    Atomics.notify(this.#counts, TAKEN);
    if (answer.kind === "failed") throw answer.error;
    return answer;
  }

  async #wait(): Promise<SearchAnswer> {
    await this.#isOnline;
    if (this.#answers.length === 0 && this.#ended !== undefined) throw this.#ended;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    let isLate = false;
    const end = watchStuck(this.#counts, this.#patienceMs, () => {
      isLate = true;
      resolve();
    });
    if (this.#answers.length === 0) await promise;
    end();
    const answer = this.#answers.shift();
    if (answer !== undefined) return answer;
    if (!isLate) throw this.#ended;
    await this.#thread.terminate();
    throw this.#tooSlow();
  }
}

/**
 * Calls back when nothing was done for so long, and the CPU time for it was there: where the machine is busy a thread may
 * get none of it for seconds. Returns what ends the watch.
 */
function watchStuck(counts: Int32Array, patienceMs: number | undefined, isStuck: () => void): () => void {
  if (patienceMs === undefined) return () => undefined;
  let done = Atomics.load(counts, DONE);
  let cpuBefore = process.cpuUsage();
  const look = () => {
    const before = done;
    done = Atomics.load(counts, DONE);
    const { user, system } = process.cpuUsage(cpuBefore);
    if (done !== before) cpuBefore = process.cpuUsage();
    else if (user + system >= (patienceMs * 1_000) / 2) isStuck();
  };
  const timer = setInterval(look, patienceMs);
  return () => clearInterval(timer);
}

const LINE_END = Buffer.from("\n");

function tooSlow(parameter: Parameter, pattern: Pattern | undefined): AppError {
  const detail = "takes too long on a line";
  return new AppError("invalid-parameter", `query parameter ${parameter}: ${detail}: ${pattern?.source}`, {
    errors: [{ pointer: `query:${parameter}`, detail }],
    remedy: "An expression without repetitions within repetitions, such as (a+)+.",
  });
}
