import type { Fields, RawHeaders } from "../web/wire/fields.ts";

/** What becomes of header fields at a hop. */

/** Belong to one connection and are never forwarded (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** A `Connection: content-length` must not take the framing away: that would make two messages out of one. */
const NEVER_BY_TOKEN = new Set(["host", "content-length", "transfer-encoding", "content-type"]);

/** The names that this message's Connection headers declare to be hop-by-hop, in lower case. */
export function connectionTokens(fields: Fields): ReadonlySet<string> {
  const tokens = new Set<string>();
  for (const [index, lowerName] of fields.names.entries()) {
    if (lowerName !== "connection") continue;
    for (const token of fields.value(index).split(",")) {
      const name = token.trim().toLowerCase();
      if (name !== "" && !NEVER_BY_TOKEN.has(name)) tokens.add(name);
    }
  }
  return tokens;
}

/** Tells whether a field (its name in lower case) stays behind at this hop. */
export function staysBehind(lowerName: string, tokens: ReadonlySet<string>): boolean {
  return HOP_BY_HOP.has(lowerName) || (tokens.size > 0 && tokens.has(lowerName));
}

/** The fields as an object, duplicates as arrays: the form that HTTP/2 and http-proxy take. */
export function toHeaderObject(raw: RawHeaders): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const lowerName = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    const present = object[lowerName];
    object[lowerName] = present === undefined ? value : [present, value].flat();
  }
  return object;
}

/** The fields as pairs: the form that trailers take. */
export function toPairs(raw: RawHeaders): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) pairs.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return pairs;
}
