import { isIPv4, isIPv6 } from "node:net";
import { canonical, plainAddress } from "../base/addresses.ts";
import { crc32c } from "../base/crc32c.ts";

/** The header of the PROXY protocol, versions 1 and 2, as HAProxy's proxy-protocol.txt defines it. */

/** What the bytes so far are. */
export type ProxyHeader =
  /** The beginning of a header. */
  | { readonly kind: "incomplete" }
  /** No header, or none that may be accepted; `reason` is for the log. */
  | { readonly kind: "refused"; readonly reason: string }
  /**
   * A header of `length` bytes. `source` is the address of the client; null where there is none to tell (the load
   * balancer speaks for itself, or for something without an IP address) and that of the connection holds.
   */
  | { readonly kind: "complete"; readonly length: number; readonly source: string | null };

/** The longest line of version 1, with its CRLF. */
const MAX_LINE_BYTES = 107;
/** The longest header of version 2: addresses of 216 bytes at most, and what load balancers add; as nginx has it. */
const MAX_BINARY_BYTES = 4_096;

const LINE_START = Buffer.from("PROXY ");
const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

const INCOMPLETE: ProxyHeader = { kind: "incomplete" };
const refused = (reason: string): ProxyHeader => ({ kind: "refused", reason });

/** Looks at the first bytes of a connection; whatever follows the header does not matter. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAs(bytes, LINE_START)) return bytes.length < LINE_START.length ? INCOMPLETE : parseLine(bytes);
  if (startsAs(bytes, SIGNATURE)) return bytes.length < SIGNATURE.length ? INCOMPLETE : parseBinary(bytes);
  return refused("there is no PROXY protocol header");
}

/** Tells whether all bytes that are there are those of `start`, as far as it goes. */
function startsAs(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

const LINE = /^PROXY (?:UNKNOWN(?: [^\r\n]*)?|TCP([46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4}))$/;

function parseLine(bytes: Buffer): ProxyHeader {
  const line = bytes.toString("latin1", 0, MAX_LINE_BYTES);
  const end = line.indexOf("\r\n");
  if (end === -1) return bytes.length < MAX_LINE_BYTES ? INCOMPLETE : refused("the line does not end");
  const fields = LINE.exec(line.slice(0, end));
  if (fields === null) return refused("the line is malformed");
  const [, family, source = "", destination = "", ...ports] = fields;
  const length = end + 2;
  if (family === undefined) return { kind: "complete", length, source: null };
  const isAddress = family === "4" ? isIPv4 : isGlobalIPv6;
  if (!isAddress(source) || !isAddress(destination)) return refused("an address of the line is malformed");
  if (ports.some((port) => Number(port) > 65_535)) return refused("a port of the line is malformed");
  return { kind: "complete", length, source: plainAddress(source) ?? null };
}

function isGlobalIPv6(address: string): boolean {
  return isIPv6(address) && !address.includes("%");
}

const HEAD_BYTES = 16;
/** The commands of version 2. */
const LOCAL = 0x20;
const PROXY = 0x21;
/** Address families: UNSPEC, INET, INET6, UNIX; and the bytes that their addresses and ports take. */
const ADDRESS_BYTES = [0, 12, 36, 216] as const;
/** Transports: UNSPEC, STREAM, DGRAM. */
const TRANSPORTS = 3;
const STREAM = 1;

function parseBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < HEAD_BYTES) return INCOMPLETE;
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13) >> 4;
  const transport = bytes.readUInt8(13) & 0x0f;
  const length = HEAD_BYTES + bytes.readUInt16BE(14);
  if (command !== LOCAL && command !== PROXY) return refused("the version or the command is not known");
  if (length > MAX_BINARY_BYTES) return refused("the header is too long");
  if (bytes.length < length) return INCOMPLETE;
  // Of a LOCAL one nothing counts but its length, not even the family.
  if (command === LOCAL) return { kind: "complete", length, source: null };
  const addressBytes = ADDRESS_BYTES[family];
  if (addressBytes === undefined || transport >= TRANSPORTS)
    return refused("the address family or the transport is not known");
  if (length < HEAD_BYTES + addressBytes) return refused("the addresses are cut short");
  const header = bytes.subarray(0, length);
  // What an unspecified family is followed by, nobody knows.
  const trouble = family === 0 ? undefined : troubleWithVectors(header, HEAD_BYTES + addressBytes);
  if (trouble !== undefined) return refused(trouble);
  return { kind: "complete", length, source: transport === STREAM ? sourceOf(header, family) : null };
}

function sourceOf(header: Buffer, family: number): string | null {
  if (family === 1) return [...header.subarray(16, 20)].join(".");
  if (family !== 2) return null;
  const groups = Array.from({ length: 8 }, (_, index) => header.readUInt16BE(16 + 2 * index).toString(16));
  return plainAddress(canonical(groups.join(":"))) ?? null;
}

const VECTOR_HEAD_BYTES = 3;
const CRC32C = 0x03;
const CRC_BYTES = 4;

/** Walks over the type-length-value vectors behind the addresses; says what is wrong with them. */
function troubleWithVectors(header: Buffer, start: number): string | undefined {
  let offset = start;
  while (offset < header.length) {
    if (header.length - offset < VECTOR_HEAD_BYTES) return "a vector is cut short";
    const value = offset + VECTOR_HEAD_BYTES;
    const end = value + header.readUInt16BE(offset + 1);
    if (end > header.length) return "a vector is cut short";
    if (header.readUInt8(offset) === CRC32C) {
      if (end - value !== CRC_BYTES || !isIntact(header, value)) return "the checksum is not right";
    }
    offset = end;
  }
  return undefined;
}

/** The checksum is over the whole header, with zeros in its own place. */
function isIntact(header: Buffer, checksumAt: number): boolean {
  const zeroed = Buffer.from(header);
  zeroed.fill(0, checksumAt, checksumAt + CRC_BYTES);
  return crc32c(zeroed) === header.readUInt32BE(checksumAt);
}
