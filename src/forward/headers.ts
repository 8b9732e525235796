/**
 * Header fields as they travel: a flat list of names and values, so that order, case and duplicates survive.
 */

/** Names and values in turn, as in `IncomingMessage.rawHeaders`. */
export type RawHeaders = readonly string[];

/** Belong to one connection and are never forwarded (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** A `Connection: content-length` must not take the framing away: that would make two messages out of one. */
const NEVER_BY_TOKEN = new Set(["host", "content-length", "transfer-encoding", "content-type"]);

/** The names that this message's Connection headers declare to be hop-by-hop, in lower case. */
export function connectionTokens(raw: RawHeaders): ReadonlySet<string> {
  const tokens = new Set<string>();
  for (const value of valuesOf(raw, "connection")) {
    for (const token of value.split(",")) {
      const name = token.trim().toLowerCase();
      if (name !== "" && !NEVER_BY_TOKEN.has(name)) tokens.add(name);
    }
  }
  return tokens;
}

/** Tells whether a field (its name in lower case) stays behind at this hop. */
export function staysBehind(lowerName: string, tokens: ReadonlySet<string>): boolean {
  return HOP_BY_HOP.has(lowerName) || tokens.has(lowerName);
}

/** All values of a field, in order. */
export function valuesOf(raw: RawHeaders, lowerName: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() === lowerName) values.push(raw[index + 1] ?? "");
  }
  return values;
}

/** Goes through the fields in order. */
export function* fieldsOf(
  raw: RawHeaders,
): Generator<readonly [name: string, lowerName: string, value: string]> {
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    yield [name, name.toLowerCase(), raw[index + 1] ?? ""];
  }
}

/** The same fields as an object, duplicates as arrays: the form that HTTP/2 and http-proxy take. */
export function toHeaderObject(raw: RawHeaders): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = Object.create(null);
  for (const [, lowerName, value] of fieldsOf(raw)) {
    const present = object[lowerName];
    object[lowerName] = present === undefined ? value : [present, value].flat();
  }
  return object;
}

/** The same fields as pairs: the form that trailers take. */
export function toPairs(raw: RawHeaders): [name: string, value: string][] {
  return [...fieldsOf(raw)].map(([name, , value]) => [name, value]);
}
