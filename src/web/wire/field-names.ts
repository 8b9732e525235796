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

/** The name that stands there, in lower case; all of its bytes are {@link TOKEN_BYTES}. */
export function lowerNameAt(bytes: Buffer, from: number, to: number): string {
  let hash = 0;
  for (let at = from; at < to; at += 1) hash = nextHash(hash, TOKEN_BYTES[bytes[at] ?? 0] ?? 0);
  const known = names[hash & (SLOTS - 1)];
  if (known !== undefined && isSame(known, bytes, from, to)) return known;
  return keep(hash, bytes.toString("latin1", from, to).toLowerCase());
}

/** The name in lower case, or undefined where it is no token. */
export function lowerNameOf(name: string): string | undefined {
  let hash = 0;
  for (let index = 0; index < name.length; index += 1) {
    const lower = TOKEN_BYTES[name.charCodeAt(index)] ?? 0;
    if (lower === 0) return undefined;
    hash = nextHash(hash, lower);
  }
  if (name === "") return undefined;
  const known = names[hash & (SLOTS - 1)];
  if (known === name) return known;
  const lowerName = name.toLowerCase();
  return known === lowerName ? known : keep(hash, lowerName);
}

function nextHash(hash: number, lowerByte: number): number {
  return (Math.imul(hash, 31) + lowerByte) | 0;
}

/**
 * Keeps the one copy of a text that the engine has for names of properties: such are compared by their place alone, here
 * and with the names that stand in the code.
 */
function keep(hash: number, lowerName: string): string {
  const name = Object.keys({ [lowerName]: true })[0] ?? lowerName;
  names[hash & (SLOTS - 1)] = name;
  return name;
}

function isSame(known: string, bytes: Buffer, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let index = 0; index < known.length; index += 1) {
    if (known.charCodeAt(index) !== TOKEN_BYTES[bytes[from + index] ?? 0]) return false;
  }
  return true;
}
