import type { FileHandle } from "node:fs/promises";
import { AppError } from "../../../base/errors.ts";
import { newResultId, type Result } from "../../../web/kept-results.ts";
import type { Logger } from "../../../web/log.ts";
import type { Jvm } from "../jvm-finder.ts";
import type { AppFolder } from "./app-folder.ts";
import { type FileEnding, nameOfFile } from "./file-name.ts";

/** How a JVM is made to write a file. */
export interface Writing {
  readonly folder: AppFolder;
  readonly log: Logger;
  /** Resolves when the JVM has written it; what it throws is why it has failed. */
  write(): Promise<Written>;
}

/** What came of it. */
export interface Written {
  /** What is to be said of a file that is there all the same. */
  readonly note: string | null;
}

const PROGRESS_MS = 200;
const GZIP_MAGIC = 0x1f8b;

/** A file that a JVM writes for us, by what was wished for: while it is written, and then, held open without a name. */
export class JvmFile<W> implements Result {
  readonly id = newResultId();
  readonly jvm: Jvm;
  readonly wish: W;
  /** In its folder, while it is written. */
  readonly nameInApp: string;
  readonly #ending: FileEnding;
  readonly #maxBytes: number;
  readonly #givenUp = new AbortController();
  #over: Promise<void> = Promise.resolve();
  #file: FileHandle | undefined;
  #bytes = 0;
  #isGzip = false;
  #reason: string | null = null;
  #startedAt = new Date();
  #endedAtMs: number | null = null;

  /** @param maxBytes where it has more while it is written, it is given up. */
  constructor(jvm: Jvm, ending: FileEnding, wish: W, maxBytes = Number.POSITIVE_INFINITY) {
    this.jvm = jvm;
    this.wish = wish;
    this.#maxBytes = maxBytes;
    this.#ending = ending;
    this.nameInApp = nameOfFile(this.id, ending);
  }

  get endedAtMs(): number | null {
    return this.#endedAtMs;
  }

  /** When the JVM has begun with it. */
  get startedAt(): Date {
    return this.#startedAt;
  }

  /** On the disk of the app, up to now. */
  get bytes(): number {
    return this.#bytes;
  }

  get state(): "running" | "ended" | "failed" {
    if (this.#endedAtMs === null) return "running";
    return this.#file === undefined ? "failed" : "ended";
  }

  /** Why it has failed, or is not all that was wished for. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Undefined until it is there. */
  get file(): FileHandle | undefined {
    return this.#file;
  }

  /** Fires when nobody wants it any more. */
  get givenUp(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** How it is called where it is taken home. */
  nameAtHome(what: string): string {
    const time = this.startedAt.toISOString().slice(0, 19).replace(/\D/g, "");
    return `${what}-${this.jvm.stat.pid}-${time}.${this.#ending}${this.#isGzip ? ".gz" : ""}`;
  }

  /** Has it written; to be called once. The folder is disposed of; {@link state} tells the rest, and `onOver` that it is over. */
  begin(writing: Writing, onOver: () => void): void {
    this.#startedAt = new Date();
    this.#over = this.#write(writing)
      .catch((error: unknown) => {
        this.#reason =
          error instanceof AppError ? error.message : "It could not be made; the log has the details.";
        writing.log.warn({ err: error, fileId: this.id }, "a file of a JVM could not be made");
      })
      .then(() => {
        this.#endedAtMs = performance.now();
        onOver();
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#givenUp.abort(new AppError("conflict", "It was given up."));
    await this.#over;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(writing: Writing): Promise<void> {
    await using folder = writing.folder;
    const look = async () => {
      const bytes = await folder.sizeOf(this.nameInApp);
      // Without its name it seems to have none.
      if (this.#file !== undefined) return;
      // A part that has come into the whole is there no more.
      this.#bytes = Math.max(this.#bytes, bytes);
      if (this.#bytes > this.#maxBytes) this.#givenUp.abort(tooLarge(this.#maxBytes));
    };
    const progress = setInterval(() => void look(), PROGRESS_MS);
    try {
      const { note } = await writing.write();
      await look();
      this.#givenUp.signal.throwIfAborted();
      const file = await folder.take(this.nameInApp);
      this.#file = file;
      const head = Buffer.alloc(2);
      await file.read(head, 0, 2, 0);
      this.#bytes = (await file.stat()).size;
      this.#isGzip = head.readUInt16BE(0) === GZIP_MAGIC;
      this.#reason = note;
    } finally {
      clearInterval(progress);
      await folder.remove(this.nameInApp);
    }
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("limit-reached", `It has more than ${maxBytes} bytes, and was given up.`);
}
