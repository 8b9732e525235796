import { EventEmitter } from "node:events";
import { etagOf } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { FileHistory } from "./file-history.ts";
import type { Histories } from "./histories.ts";
import type { StagedVersion } from "./staged-version.ts";
import { madeElsewhere, type VersionAbout, type VersionRecord } from "./version-record.ts";

/**
 * What happened to the files: kept in their histories, where there are any, and told to those who watch.
 * Calls that write are made when it is the file's turn (see `Queues`).
 */
export interface FileRecords {
  /** The history of a file; undefined where none is kept. @throws {AppError} where it can't be read. */
  historyOf(file: ConfigFile): Promise<FileHistory | undefined>;
  /** Takes note of the content that is in place; gives its version where that is a new one. */
  found(file: ConfigFile, bytes: Buffer): Promise<VersionRecord | undefined>;
  /**
   * Decides about what a sidecar that was killed had begun with this file, where the whole of it can't be recovered:
   * what is in place is kept. And commits what could not be before.
   * @throws {AppError} where that still can't be: were another version on top of it, the next start would take the rest
   * of its change back.
   */
  decide(file: ConfigFile, bytes: Buffer): Promise<void>;
  /** Writes a version down that is about to be put in place. */
  stage(file: ConfigFile, bytes: Buffer, about: VersionAbout): Promise<StagedVersion>;
  /** Writes down whether the app took a version. */
  settle(file: ConfigFile, version: number, verified: VersionRecord["verified"]): Promise<void>;
  /** Calls a listener for each new version of a file. Gives what takes it away again. */
  watch(name: string, listener: (version: VersionRecord) => void): () => void;
}

/** Makes the records. `histories` is undefined where none are to be kept: then only `watch` has something to tell. */
export function createFileRecords(histories: Histories | undefined): FileRecords {
  const events = new EventEmitter<Record<string, [VersionRecord]>>().setMaxListeners(0);
  /** Without a history, what was there last, so that those who watch see a change. */
  const seen = new Map<string, VersionRecord>();
  const tell = (file: ConfigFile, record: VersionRecord): void => {
    seen.set(file.name, record);
    events.emit(`version:${file.name}`, record);
  };
  /** Of what was written down late: what was made through the API was told when it was put in place. */
  const tellLate = (file: ConfigFile, latest: VersionRecord | undefined, known: number | undefined) => {
    if (latest === undefined || latest.version === known) return;
    if (latest.kind === "external" || latest.kind === "found") tell(file, latest);
  };
  const historyOf = async ({ name }: ConfigFile) => await histories?.of(name);
  return {
    historyOf,
    async found(file, bytes) {
      const history = await historyOf(file);
      const etag = etagOf(bytes);
      // Of a change that was interrupted: what is in place is a part of it, which is yet to be decided about.
      if ((history?.staged.length ?? 0) > 0) return undefined;
      const known = history?.latest?.version;
      if ((await history?.commitLate()) !== undefined) return undefined;
      const latest = history?.latest ?? seen.get(file.name);
      if (latest?.etag === etag) {
        tellLate(file, history?.latest, known);
        return undefined;
      }
      const about = madeElsewhere(latest === undefined ? "found" : "external");
      const record = history === undefined ? unkept(bytes, about, latest) : await history.add(bytes, about);
      tell(file, record);
      return record;
    },
    async decide(file, bytes) {
      const history = await historyOf(file);
      for (const staged of history?.staged ?? []) {
        await (staged.record.etag === etagOf(bytes) ? staged.commit() : staged.discard());
      }
      const error = await history?.commitLate();
      if (error !== undefined) throw error;
    },
    async stage(file, bytes, about) {
      const history = await historyOf(file);
      if (history === undefined) {
        const record = unkept(bytes, about, seen.get(file.name));
        return { record, commit: async () => tell(file, record), discard: async () => {} };
      }
      const staged = await history.stage(bytes, about);
      return {
        ...staged,
        async commit() {
          try {
            await staged.commit();
          } finally {
            // The content is in place, whether or not that could be written down.
            tell(file, staged.record);
          }
        },
      };
    },
    async settle(file, version, verified) {
      await (await historyOf(file))?.settle(version, verified);
    },
    watch(name, listener) {
      events.on(`version:${name}`, listener);
      return () => events.off(`version:${name}`, listener);
    },
  };
}

function unkept(bytes: Buffer, about: VersionAbout, latest: VersionRecord | undefined): VersionRecord {
  const version = (latest?.version ?? 0) + 1;
  return { version, at: new Date().toISOString(), ...about, etag: etagOf(bytes), sizeBytes: bytes.length };
}
