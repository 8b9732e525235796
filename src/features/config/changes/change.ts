import { messageOf } from "../../../base/errors.ts";
import { newResultId, type Result } from "../../../web/kept-results.ts";
import type { CheckOutcome } from "../reload/check-outcome.ts";
import type { ReloadOutcome } from "../reload/reload.ts";
import type { WrittenFile } from "./written-file.ts";

/** Who changes something, and why. */
export interface ChangeAbout {
  readonly kind: "change" | "restore";
  readonly author: string | null;
  readonly requestId: string | null;
  readonly reason: string | null;
}

/** What a change goes through after it was written, in this order; the last three only where the app did not take it. */
export type PhaseName = "reload" | "verify" | "put-back" | "reload-again" | "verify-again";

/** What came of a reload, and the files of the change that it was for. */
export interface PhaseReload extends ReloadOutcome {
  readonly files: readonly string[];
}

/** One step of a change. */
export interface Phase {
  readonly name: PhaseName;
  readonly startedAt: Date;
  endedAt: Date | null;
  /** Null while it runs. */
  passed: boolean | null;
  detail: string;
  reloads: readonly PhaseReload[];
  checks: readonly CheckOutcome[];
}

/** What a step came to. */
export interface PhaseResult extends Pick<Phase, "detail"> {
  readonly passed: boolean;
  readonly reloads?: readonly PhaseReload[];
  readonly checks?: readonly CheckOutcome[];
}

/** How a change stands. `failed`: it could not be put back, or not wholly. */
export type ChangeState = "running" | "done" | "rolled-back" | "failed";

/** A change that was written, while the app is made to take it, and afterwards. */
export class Change implements Result {
  readonly id = newResultId();
  readonly startedAt = new Date();
  readonly about: ChangeAbout;
  readonly #phases: Phase[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #cancel = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  #files: readonly WrittenFile[] = [];
  #state: ChangeState = "running";
  #endedAtMs: number | null = null;

  constructor(about: ChangeAbout) {
    this.about = about;
  }

  get state(): ChangeState {
    return this.#state;
  }

  get endedAtMs(): number | null {
    return this.#endedAtMs;
  }

  /** Of the old contents, which are held until it is over. */
  get bytes(): number {
    return this.#files.reduce((sum, { old, bytes }) => sum + old.length + bytes.length, 1_024);
  }

  get files(): readonly WrittenFile[] {
    return this.#files;
  }

  get phases(): readonly Phase[] {
    return this.#phases;
  }

  /** Resolves when it is over; never rejects. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Fires when an operator gives it up: what was written is put back. */
  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  /** What came of the first reload that was tried for a file. */
  reloadOf(fileName: string): ReloadOutcome | undefined {
    const reloads = this.#phases.find(({ name }) => name === "reload")?.reloads ?? [];
    return reloads.find(({ files }) => files.includes(fileName));
  }

  /** Called when it was written. */
  wrote(files: readonly WrittenFile[]): void {
    this.#files = files;
    this.#tell();
  }

  /** Runs one step, and tells those who listen when it begins and ends. What it throws counts as failed. */
  async run(name: PhaseName, step: () => Promise<PhaseResult>): Promise<PhaseResult> {
    const begun = { endedAt: null, passed: null, detail: "", reloads: [], checks: [] };
    const phase: Phase = { name, startedAt: new Date(), ...begun };
    this.#phases.push(phase);
    this.#tell();
    const result = await step().catch((error: unknown) => ({ passed: false, detail: messageOf(error) }));
    Object.assign(phase, result, { endedAt: new Date() });
    this.#tell();
    return result;
  }

  /** Called once, at its end. */
  end(state: Exclude<ChangeState, "running">): void {
    this.#state = state;
    this.#endedAtMs = performance.now();
    // The contents were held for putting them back; the history has them.
    this.#files = this.#files.map((file) => ({ ...file, old: NOTHING, bytes: NOTHING }));
    this.#tell();
    this.#listeners.clear();
    this.#over.resolve();
  }

  /** Gives it up, as far as it still runs. */
  cancel(): void {
    this.#cancel.abort();
  }

  /** Calls a listener after each step. Gives what takes it away again. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const NOTHING = Buffer.alloc(0);
