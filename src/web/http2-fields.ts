import { Fields, type RawHeaders } from "./wire/fields.ts";

/** HTTP/2 delimits by length: what would end a line, and so begin another, must not get into HTTP/1.1. */
const LINE_END = /[\r\n\0]/;

/**
 * The fields of an HTTP/2 request as HTTP/1.1 has them: no pseudo-headers, and the crumbs of a cookie joined
 * (RFC 9113 section 8.2.3).
 * @returns undefined where there is a value that HTTP/1.1 can't carry.
 */
export function http2Fields(incoming: RawHeaders): Fields | undefined {
  const raw: string[] = [];
  let cookie = "";
  for (let index = 0; index < incoming.length; index += 2) {
    const name = incoming[index] ?? "";
    const value = incoming[index + 1] ?? "";
    if (LINE_END.test(value)) return undefined;
    if (name === "cookie") cookie += cookie === "" ? value : `; ${value}`;
    else raw.push(name, value);
  }
  if (cookie !== "") raw.push("cookie", cookie);
  return Fields.of(raw);
}
