import { setTimeout as delay } from "node:timers/promises";
import { changeTargets } from "../events/change-targets.ts";
import type { CallEvent, TraceEvent } from "../events/event.ts";
import { createProcessRoots, type ProcessRoots } from "../process-roots.ts";
import type { KnownSocket } from "./known-socket.ts";
import { namesSocket, SocketBook } from "./socket-book.ts";
import { SocketLooker } from "./socket-looker.ts";
import { ToldCalls } from "./told-calls.ts";

/** An event that waits: for what its sockets are, or for the one before it. */
interface Held {
  readonly event: TraceEvent;
  readonly sockets: readonly KnownSocket[] | undefined;
  readonly chars: number;
}

/** What may wait. Beyond, events are handed on as they are. */
const MAX_HELD = 16_384;
const MAX_HELD_CHARS = 4_194_304;
/**
 * A look that reads more is followed by a pause of four times what it takes, so that looking takes a fifth of the time. By
 * what it reads, not by the clock: on a busy machine a cheap look takes long as well, and a pause would only miss more.
 */
const CHEAP_LOOK_BYTES = 131_072;
/** Of the kernel's and our own time: 4.4 MB of text take about 150 ms. */
const BYTES_PER_MS = 30_000;
const PAUSE_FACTOR = 4;
const MAX_PAUSE_MS = 1_000;

/**
 * Gives the events of a trace the addresses of sockets that strace tells by their inodes only, and paths relative to the
 * root of their process. It hands them on in their order: at once, or when the kernel's tables have been looked at for
 * what is new. Nothing waits for that but the events themselves.
 */
export class EventResolver {
  readonly #onEvent: (event: TraceEvent) => void;
  readonly #roots: ProcessRoots;
  readonly #looker: SocketLooker;
  readonly #book = new SocketBook();
  readonly #told = new ToldCalls();
  readonly #ending = new AbortController();
  #held: Held[] = [];
  #heldChars = 0;
  #early = 0;
  #nextLookAtMs = 0;
  #looking: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param mainPid the main one of the traced processes: what others don't tell is taken from it. */
  constructor(mainPid: number, onEvent: (event: TraceEvent) => void) {
    this.#onEvent = onEvent;
    this.#roots = createProcessRoots(mainPid);
    this.#looker = new SocketLooker(mainPid);
  }

  /**
   * Takes an event.
   * @param chars about how long its line is.
   */
  push(event: TraceEvent, chars: number): void {
    const located = event.type === "call" ? this.#locate(event) : event;
    const hasSocket = located.type === "call" && namesSocket(located);
    const sockets = hasSocket ? this.#book.read(located, performance.now()) : undefined;
    if (sockets === undefined && this.#held.length === 0) {
      this.#onEvent(located);
      return;
    }
    const held = { event: located, sockets, chars };
    if (this.#held.length === 0 && !isWaiting(held)) {
      this.#handOn(held);
      return;
    }
    this.#held.push(held);
    this.#heldChars += chars;
    if (this.#held.length > MAX_HELD || this.#heldChars > MAX_HELD_CHARS) this.#release(true);
    if (this.#book.hasWanted) this.#looking ??= this.#look();
  }

  /** Resolves when all has been handed on. Nothing may be pushed any more. */
  async finish(): Promise<void> {
    this.#ending.abort();
    await this.#looking;
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#release(false);
  }

  /** What could not be told, in sentences. */
  warnings(): string[] {
    const { untold } = this.#book;
    const warnings = [...this.#looker.remarks];
    if (untold > 0) {
      warnings.push(
        `Sockets that lack an address in events: ${untold}. They were closed before the sidecar could look, had none, or are of a kind or a network namespace that it can't see.`,
      );
    }
    if (this.#early > 0) {
      warnings.push(
        `Events that came too many at once for the addresses of their sockets to be looked for: ${this.#early}.`,
      );
    }
    return warnings;
  }

  #locate(event: CallEvent): CallEvent {
    const root = this.#roots.rootOf(event);
    return root === "/" ? event : changeTargets(event, (target) => this.#roots.inRoot(target, root));
  }

  async #look(): Promise<void> {
    try {
      // What came with the same piece of strace's output is looked for at once.
      await Promise.resolve();
      while (this.#book.hasWanted) {
        await this.#pause();
        const wanted = this.#book.takeWanted();
        const found = await this.#looker.look(wanted);
        const nowMs = performance.now();
        const { lookedBytes } = this.#looker;
        if (lookedBytes > CHEAP_LOOK_BYTES) {
          const costMs = lookedBytes / BYTES_PER_MS;
          this.#nextLookAtMs = nowMs + Math.min(MAX_PAUSE_MS, costMs * PAUSE_FACTOR);
        }
        this.#book.settle(wanted, found, nowMs);
        this.#release(false);
      }
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#looking = undefined;
    }
  }

  async #pause(): Promise<void> {
    const pauseMs = this.#nextLookAtMs - performance.now();
    if (pauseMs <= 0) return;
    await delay(pauseMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }

  /** Hands on, in their order, the events that wait for nothing; with `isFull` as many of the others that half are left. */
  #release(isFull: boolean): void {
    let released = 0;
    for (const held of this.#held) {
      if (isWaiting(held)) {
        const left = this.#held.length - released;
        if (!isFull || (left <= MAX_HELD / 2 && this.#heldChars <= MAX_HELD_CHARS / 2)) break;
        this.#early += 1;
      }
      released += 1;
      this.#heldChars -= held.chars;
      this.#handOn(held);
    }
    this.#held = this.#held.slice(released);
  }

  #handOn({ event, sockets, chars }: Held): void {
    if (sockets === undefined || event.type !== "call") this.#onEvent(event);
    else this.#onEvent(this.#told.tell(event, sockets, chars));
  }
}

function isWaiting({ sockets }: Held): boolean {
  return sockets?.some(({ look }) => look === "pending") === true;
}
