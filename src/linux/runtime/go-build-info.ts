import type { FileHandle } from "node:fs/promises";

/**
 * The build information that the Go linker writes into every program (debug/buildinfo of Go's standard library, which
 * reads it the same way): the version of Go, and with modules the path and version of the program.
 */
export interface GoBuildInfo {
  /** `1.22.5`. */
  readonly goVersion: string;
  /** `example.com/server`; null without modules. */
  readonly module: string | null;
  readonly moduleVersion: string | null;
}

const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
const HEADER_BYTES = 32;
/** Set where the two texts follow the header (since Go 1.18); before, it holds pointers. */
const TEXTS_FOLLOW = 2;
const MAX_TEXT_BYTES = 65_536;
const MAX_SECTIONS = 256;
const MAX_NAMES_BYTES = 65_536;
const ELF_HEADER_BYTES = 64;

/**
 * Reads it from an executable (elf(5), 64 bits, little endian); undefined where there is none. The file belongs to
 * somebody else: whatever it says of lengths and places is bounded.
 */
export async function readGoBuildInfo(file: FileHandle): Promise<GoBuildInfo | undefined> {
  const place = await buildInfoSection(file);
  if (place === undefined) return undefined;
  const bytes = await readAt(file, place, HEADER_BYTES + MAX_TEXT_BYTES);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC) || bytes.length < HEADER_BYTES) return undefined;
  if (((bytes[15] ?? 0) & TEXTS_FOLLOW) === 0) return undefined;
  const version = textAt(bytes, HEADER_BYTES);
  const goVersion = /^go(\d[\w.+-]{0,40})/.exec(version?.text ?? "")?.[1];
  if (version === undefined || goVersion === undefined) return undefined;
  const [, path = null, ofVersion = null] =
    /^mod\t([^\t\n]+)\t([^\t\n]+)/m.exec(textAt(bytes, version.end)?.text ?? "") ?? [];
  return { goVersion, module: path, moduleVersion: ofVersion };
}

/** Where the section `.go.buildinfo` begins in the file. */
async function buildInfoSection(file: FileHandle): Promise<number | undefined> {
  const head = await readAt(file, 0, ELF_HEADER_BYTES);
  const isElf64 =
    head.length === ELF_HEADER_BYTES && head.subarray(0, 6).equals(Buffer.from("\x7fELF\x02\x01"));
  if (!isElf64) return undefined;
  const entryBytes = head.readUInt16LE(58);
  const count = Math.min(head.readUInt16LE(60), MAX_SECTIONS);
  if (entryBytes !== ELF_HEADER_BYTES) return undefined;
  const table = await readAt(file, Number(head.readBigUInt64LE(40)), count * entryBytes);
  const section = (index: number) => {
    const at = index * entryBytes;
    if (at + entryBytes > table.length) return undefined;
    return {
      name: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 24)),
      size: Number(table.readBigUInt64LE(at + 32)),
    };
  };
  const names = section(head.readUInt16LE(62));
  if (names === undefined) return undefined;
  const text = (await readAt(file, names.offset, Math.min(names.size, MAX_NAMES_BYTES))).toString("latin1");
  for (let index = 0; index < count; index++) {
    const each = section(index);
    if (each !== undefined && text.startsWith(".go.buildinfo\0", each.name)) return each.offset;
  }
  return undefined;
}

/** A text behind its length (a varint). */
function textAt(bytes: Buffer, start: number): { readonly text: string; readonly end: number } | undefined {
  let length = 0;
  let at = start;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      const end = at + length;
      return end > bytes.length ? undefined : { text: bytes.toString("utf8", at, end), end };
    }
  }
  return undefined;
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  if (!Number.isSafeInteger(position) || position < 0 || bytes <= 0) return Buffer.alloc(0);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
  return buffer.subarray(0, bytesRead);
}
