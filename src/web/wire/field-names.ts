/** The names of fields in lower case, each made once: they come from a small set, again and again. */

const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;
/** Clients choose names: no more than this many are kept, those that came last. */
const SLOTS = 1_024;
const names: (string | undefined)[] = new Array<string | undefined>(SLOTS).fill(undefined);

/** For each byte that a name may have, the same in lower case; 0 for all others (RFC 9110 section 5.6.2). */
export const TOKEN_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return TOKEN.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

/** The next hash of a name, by the hash so far and the next byte in lower case; it begins with 0. */
export function nextHash(hash: number, lowerByte: number): number {
  return (Math.imul(hash, 31) + lowerByte) | 0;
}

/** The name that stands there, in lower case; `hash` is that of {@link nextHash}, all bytes are {@link TOKEN_BYTES}. */
export function lowerNameAt(bytes: Buffer, from: number, to: number, hash: number): string {
  const slot = hash & (SLOTS - 1);
  const known = names[slot];
  if (known !== undefined && isSame(known, bytes, from, to)) return known;
  const name = unique(bytes.toString("latin1", from, to).toLowerCase());
  names[slot] = name;
  return name;
}

/** The name in lower case, or undefined where it is no token. */
export function lowerNameOf(name: string): string | undefined {
  let hash = 0;
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    const lower = code < TOKEN_BYTES.length ? (TOKEN_BYTES[code] ?? 0) : 0;
    if (lower === 0) return undefined;
    hash = nextHash(hash, lower);
  }
  if (name === "") return undefined;
  const slot = hash & (SLOTS - 1);
  const known = names[slot];
  const lowerName = name.toLowerCase();
  if (known === lowerName) return known;
  names[slot] = unique(lowerName);
  return names[slot];
}

function isSame(known: string, bytes: Buffer, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let index = 0; index < known.length; index += 1) {
    if (known.charCodeAt(index) !== TOKEN_BYTES[bytes[from + index] ?? 0]) return false;
  }
  return true;
}

/** The one copy of a text that the engine keeps for names of properties: such are compared by their place alone. */
function unique(text: string): string {
  return Object.keys({ [text]: true })[0] ?? text;
}
