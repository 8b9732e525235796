import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { AppError, isErrno } from "../../../base/errors.ts";
import { removeFromBefore, writeFileAtomic } from "../../../linux/atomic-write.ts";
import { etagOf } from "../content.ts";
import { historyError } from "./history-error.ts";
import type { BegunVersion, StagedVersion } from "./staged-version.ts";
import { readVersionRecord, type VersionAbout, type VersionRecord } from "./version-record.ts";

/** How much is kept of one file. The newest version always is. */
export interface HistoryLimits {
  readonly maxVersions: number;
  /** On disk, compressed. */
  readonly maxBytes: number;
}

interface KeptVersion {
  readonly record: VersionRecord;
  readonly diskBytes: number;
}

const pack = promisify(gzip);
const unpack = promisify(gunzip);
const RECORD = /^(\d{8})(\.staged)?\.json$/;
const CONTENT = /^(\d{8})\.gz$/;
const SECRET = { mode: 0o600 };

/**
 * The versions of one file, in a folder of its own: of each a record and its content. They hold the secrets of the
 * file, so only the sidecar's user can read them. Calls that write come one after the other: the caller sees to that.
 */
export class FileHistory {
  readonly #folder: string;
  readonly #limits: HistoryLimits;
  readonly #kept: KeptVersion[] = [];
  #staged: readonly BegunVersion[] = [];
  /** What is, or was, in place, and could not be committed yet. */
  #late: readonly BegunVersion[] = [];
  /** What became of the verification of those meanwhile. */
  readonly #lateVerdicts = new Map<number, VersionRecord["verified"]>();
  #last = 0;

  private constructor(folder: string, limits: HistoryLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /**
   * Opens the history that is kept in a folder, which is made where it is missing.
   * @throws {AppError} `permission-denied` or `storage-full` where nothing can be kept there.
   */
  static async open(folder: string, limits: HistoryLimits): Promise<FileHistory> {
    const history = new FileHistory(folder, limits);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeFromBefore(folder, Date.now());
      await history.#read();
    } catch (error) {
      throw historyError(folder, error);
    }
    return history;
  }

  /** The oldest first. */
  get versions(): readonly VersionRecord[] {
    return this.#kept.map(({ record }) => record);
  }

  get latest(): VersionRecord | undefined {
    return this.#kept.at(-1)?.record;
  }

  /** What a sidecar that was killed had written down, and perhaps put in place. */
  get staged(): readonly BegunVersion[] {
    return this.#staged;
  }

  /** @throws {AppError} `not-found` where there is none of this number, or none any more. */
  find(version: number): VersionRecord {
    const found = this.#kept.find(({ record }) => record.version === version);
    if (found !== undefined) return found.record;
    const [first, last] = [this.#kept[0]?.record.version, this.latest?.version];
    throw new AppError("not-found", `There is no version ${version}, or it is no longer kept.`, {
      remedy: first === undefined ? "No version is kept yet." : `Versions ${first} to ${last} are kept.`,
    });
  }

  /** The content of a version. @throws {AppError} `not-found`; `conflict` where it was damaged on disk. */
  async content(version: number): Promise<Buffer> {
    return await this.#contentOf(this.find(version));
  }

  async #contentOf({ version, etag }: VersionRecord): Promise<Buffer> {
    const bytes = await readFile(this.#path(version, ".gz"))
      .then((packed) => unpack(packed))
      .catch(() => undefined);
    if (bytes !== undefined && etagOf(bytes) === etag) return bytes;
    throw new AppError("conflict", `The content of version ${version} was damaged or removed on disk.`);
  }

  /**
   * Writes a version down that is about to be put in place.
   * @throws {AppError} `permission-denied` or `storage-full`; nothing is left of it then.
   */
  async stage(bytes: Buffer, about: VersionAbout): Promise<StagedVersion> {
    const version = this.#last + 1;
    this.#last = version;
    const at = new Date().toISOString();
    const record = { version, at, ...about, etag: etagOf(bytes), sizeBytes: bytes.length };
    const packed = await pack(bytes);
    const text = JSON.stringify(record);
    try {
      await writeFileAtomic(this.#path(version, ".gz"), packed, SECRET);
      await writeFileAtomic(this.#path(version, ".staged.json"), text, SECRET);
    } catch (error) {
      // Where that can't be either, the next start removes it: it is the first error that says what is wrong.
      await this.#remove(version).catch(() => undefined);
      throw historyError(this.#folder, error);
    }
    return this.#stagedOf(record, packed.length + text.length);
  }

  /** Keeps a version that is in place already. @throws {AppError} as {@link stage}. */
  async add(bytes: Buffer, about: VersionAbout): Promise<VersionRecord> {
    const staged = await this.stage(bytes, about);
    await staged.commit();
    return staged.record;
  }

  /** Commits what could not be before, except for what is gone from the disk; gives why that still can't be. */
  async commitLate(): Promise<unknown> {
    for (const late of this.#late) {
      try {
        await late.commit();
      } catch (error) {
        if (!isErrno(error, "ENOENT")) return historyError(this.#folder, error);
        this.#late = this.#late.filter((each) => each !== late);
      }
    }
    return undefined;
  }

  /** Writes down what became of the verification of a version; rejects where that has to wait for the version itself. */
  async settle(version: number, verified: VersionRecord["verified"]): Promise<void> {
    const error = await this.commitLate();
    if (this.#late.some(({ record }) => record.version === version)) {
      this.#lateVerdicts.set(version, verified);
      throw error;
    }
    await this.#writeVerdict(version, verified);
  }

  async #writeVerdict(version: number, verified: VersionRecord["verified"]): Promise<void> {
    const index = this.#kept.findIndex(({ record }) => record.version === version);
    const kept = this.#kept[index];
    if (kept === undefined) return;
    const record = { ...kept.record, verified };
    await writeFileAtomic(this.#path(version, ".json"), JSON.stringify(record), SECRET);
    this.#kept[index] = { ...kept, record };
  }

  #stagedOf(record: VersionRecord, diskBytes: number): BegunVersion {
    const { version } = record;
    const decided = () => {
      this.#staged = this.#staged.filter((each) => each !== begun);
      this.#late = this.#late.filter((each) => each !== begun);
    };
    const begun: BegunVersion = {
      record,
      content: () => this.#contentOf(record),
      commit: async () => {
        try {
          await rename(this.#path(version, ".staged.json"), this.#path(version, ".json"));
        } catch (error) {
          // What a sidecar that was killed had begun is decided about together with the other files of its change.
          if (![...this.#staged, ...this.#late].includes(begun)) this.#late = [...this.#late, begun];
          throw error;
        }
        decided();
        this.#kept.push({ record, diskBytes });
        this.#kept.sort((one, other) => one.record.version - other.record.version);
        await this.#makeRoom();
        const verdict = this.#lateVerdicts.get(version);
        this.#lateVerdicts.delete(version);
        if (verdict !== undefined) await this.#writeVerdict(version, verdict);
      },
      discard: async () => {
        await this.#remove(version);
        decided();
      },
    };
    return begun;
  }

  /** Never rejects: what can't be removed now is counted, and removed, after the next start. */
  async #makeRoom(): Promise<void> {
    const { maxVersions, maxBytes } = this.#limits;
    const total = () => this.#kept.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
    while (this.#kept.length > 1 && (this.#kept.length > maxVersions || total() > maxBytes)) {
      const oldest = this.#kept.shift();
      if (oldest !== undefined) await this.#remove(oldest.record.version).catch(() => undefined);
    }
  }

  async #read(): Promise<void> {
    const names = (await readdir(this.#folder)).toSorted();
    for (const name of names.filter((each) => RECORD.test(each))) {
      const [, digits, staged] = RECORD.exec(name) ?? [];
      const text = await readFile(join(this.#folder, name), "utf8");
      const record = readVersionRecord(text);
      this.#last = Math.max(this.#last, Number(digits));
      if (record?.version !== Number(digits)) continue;
      const diskBytes = text.length + (await sizeOf(this.#path(record.version, ".gz")));
      if (staged === undefined) this.#kept.push({ record, diskBytes });
      else this.#staged = [...this.#staged, this.#stagedOf(record, diskBytes)];
    }
    await this.#removeOrphans(names);
  }

  /** Contents whose record was removed already, when a sidecar was killed: nobody would count or remove them. */
  async #removeOrphans(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const [, digits = ""] = CONTENT.exec(name) ?? [];
      const isKept = [`${digits}.json`, `${digits}.staged.json`].some((record) => names.includes(record));
      if (digits !== "" && !isKept) await rm(join(this.#folder, name), { force: true });
    }
  }

  async #remove(version: number): Promise<void> {
    for (const ending of [".staged.json", ".json", ".gz"]) {
      await rm(this.#path(version, ending), { force: true });
    }
  }

  #path(version: number, ending: string): string {
    return join(this.#folder, String(version).padStart(8, "0") + ending);
  }
}

/** Nothing where it was removed: whoever asks for the content is told. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return 0;
    throw error;
  }
}
