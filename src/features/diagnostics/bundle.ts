import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { packTar } from "modern-tar";
import { AppError } from "../../base/errors.ts";
import { newResultId, type Result } from "../../web/kept-results.ts";
import type { Logger } from "../../web/log.ts";
import type { DiagnosticsPart, DiagnosticsWish, Feature } from "../feature.ts";
import type { BundlePart, BundleRequest } from "./bundle-state.ts";

const compress = promisify(gzip);
/** What a part may have: the whole is put together in memory. */
const MAX_PART_BYTES = 16_777_216;
/** What a part may take beside the time that system calls are counted. */
const PART_TIMEOUT_MS = 15_000;

/** What a bundle is made of. */
export interface BundleSources {
  readonly features: readonly Feature[];
  /** Files that no feature has: `settings.txt`. */
  readonly own: readonly DiagnosticsPart[];
  readonly log: Logger;
}

/** A file of tar with what every feature knows, for whoever helps with a problem: while it is put together, and then. */
export class Bundle implements Result {
  readonly id = newResultId();
  readonly startedAt = new Date();
  readonly #parts: BundlePart[] = [];
  readonly #giveUp = new AbortController();
  #over: Promise<void> = Promise.resolve();
  #file: Buffer | undefined;
  #endedAtMs: number | null = null;

  get endedAtMs(): number | null {
    return this.#endedAtMs;
  }

  get bytes(): number {
    return this.#file?.length ?? 0;
  }

  get state(): "running" | "ended" | "failed" {
    if (this.#endedAtMs === null) return "running";
    return this.#file === undefined ? "failed" : "ended";
  }

  /** What has been read up to now. */
  get parts(): readonly BundlePart[] {
    return this.#parts;
  }

  /** `application/gzip`; undefined until it is there. */
  get file(): Buffer | undefined {
    return this.#file;
  }

  /** Its name without an ending, and that of the folder in it. */
  get name(): string {
    return `tickbird-diagnostics-${this.startedAt.toISOString().slice(0, 19).replace(/\D/g, "")}`;
  }

  /** Puts it together; to be called once. Never rejects: {@link state} tells. */
  run(sources: BundleSources, request: BundleRequest): Promise<void> {
    this.#over = this.#collect(sources, request)
      .catch((error: unknown) => sources.log.error({ err: error, bundleId: this.id }, "a bundle has failed"))
      .finally(() => {
        this.#endedAtMs = performance.now();
      });
    return this.#over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#giveUp.abort();
    await this.#over;
  }

  async #collect({ features, own, log }: BundleSources, { trace }: BundleRequest): Promise<void> {
    const traceMs = trace * 1_000;
    const timeout = AbortSignal.timeout(traceMs + PART_TIMEOUT_MS);
    const wish: DiagnosticsWish = { traceMs, signal: AbortSignal.any([this.#giveUp.signal, timeout]) };
    const asked = [
      ...own.map((part) => ({ feature: "sidecar", part })),
      ...features.flatMap(({ name, diagnostics = [] }) =>
        diagnostics.map((part) => ({ feature: name, part })),
      ),
    ];
    const read = await Promise.all(
      asked.map(async ({ feature, part }) => {
        const found = await readPart(part, wish, log);
        const { text, reason, remedy } = found;
        const bytes = text === undefined ? 0 : Buffer.byteLength(text);
        this.#parts.push({
          ...{ file: part.file, feature, isIncluded: text !== undefined, reason: reason ?? null, bytes },
          ...(remedy === undefined ? {} : { remedy }),
        });
        return { file: part.file, text };
      }),
    );
    this.#giveUp.signal.throwIfAborted();
    const manifest = { startedAt: this.startedAt.toISOString(), parts: this.#parts };
    this.#file = await packed(this.name, [
      { file: "manifest.json", text: textOf(manifest) },
      ...read.flatMap(({ file, text }) => (text === undefined ? [] : [{ file, text }])),
    ]);
  }
}

interface Found {
  readonly text?: string;
  readonly reason?: string;
  readonly remedy?: string;
}

async function readPart(part: DiagnosticsPart, wish: DiagnosticsWish, log: Logger): Promise<Found> {
  try {
    const content = await Promise.race([part.read(wish), untilAborted(wish.signal)]);
    if (content === undefined) return { reason: "It was not asked for." };
    const text = typeof content === "string" ? content : textOf(content);
    if (text.length <= MAX_PART_BYTES) return { text };
    return { reason: `It has ${text.length} bytes, and ${MAX_PART_BYTES} is the most.` };
  } catch (error) {
    if (!(error instanceof AppError)) {
      log.warn({ err: error, file: part.file }, "a part of a bundle could not be read");
      return { reason: "It could not be read; the log has the details." };
    }
    const { message: reason, remedy } = error;
    return { reason, ...(remedy === undefined ? {} : { remedy }) };
  }
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = () => reject(new AppError("conflict", "It took too long."));
  if (signal.aborted) fail();
  else signal.addEventListener("abort", fail, { once: true });
  return await promise;
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

async function packed(
  folder: string,
  files: readonly { readonly file: string; readonly text: string }[],
): Promise<Buffer> {
  const entries = files.map(({ file, text }) => {
    const body = Buffer.from(text);
    return { header: { name: `${folder}/${file}`, size: body.length, mode: 0o600, mtime: new Date() }, body };
  });
  return await compress(await packTar(entries));
}
