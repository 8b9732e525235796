import { lowerNameOf } from "../../web/wire/field-names.ts";
import { Fields, parseLength } from "../../web/wire/fields.ts";

/** What a client of HTTP/2 asks for: the list of its header fields, read as RFC 9113 section 8 demands. */

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  /** `:path`; of a CONNECT that asks for a tunnel there is none. */
  readonly path: string;
  readonly authority: string | undefined;
  /** `:protocol` of an extended CONNECT (RFC 8441 section 4). */
  readonly protocol: string | undefined;
  readonly lines: HeadLines;
  /** Whether the authority and the lines are those of the request before, and the lines the same object. */
  readonly repeats: boolean;
}

/** What follows from the regular fields. */
export interface HeadLines {
  /** As HTTP/1.1 has them: the crumbs of a cookie are joined (RFC 9113 section 8.2.3). */
  readonly fields: Fields;
  /** Undefined where there is no Content-Length. */
  readonly lengthBytes: number | undefined;
  readonly accept: string | undefined;
  readonly expect: string | undefined;
  readonly requestId: string | undefined;
}

/** A list whose head was read, to be compared with the next. */
export interface ReadBefore {
  readonly list: readonly string[];
  /** Where in it the regular fields begin. */
  readonly start: number;
  readonly head: RequestHead;
}

/** Pseudo-header fields of requests. */
interface Pseudo {
  method: string | undefined;
  scheme: string | undefined;
  path: string | undefined;
  authority: string | undefined;
  protocol: string | undefined;
}

/**
 * Reads the head of a request.
 * @param list names and values in turn.
 * @param before what was read before on the same connection: most of it comes again.
 * @returns undefined for a request that is malformed (RFC 9113 section 8.1.1).
 */
export function readRequestHead(
  list: readonly string[],
  before: ReadBefore | undefined,
): ReadBefore | undefined {
  const pseudo: Pseudo = {
    method: undefined,
    scheme: undefined,
    path: undefined,
    authority: undefined,
    protocol: undefined,
  };
  const start = readPseudo(list, pseudo);
  if (start === undefined) return undefined;
  const { method, path, authority, protocol } = pseudo;
  if (method === undefined || !isWhole(pseudo)) return undefined;
  const isSame = before !== undefined && areSame(list, start, before);
  const lines = isSame ? before.head.lines : readLines(list, start);
  if (lines === undefined) return undefined;
  const repeats = isSame && authority === before.head.authority;
  return { list, start, head: { method, path: path ?? "", authority, protocol, lines, repeats } };
}

/** Gives where the regular fields begin. */
function readPseudo(list: readonly string[], pseudo: Pseudo): number | undefined {
  let index = 0;
  for (; index < list.length; index += 2) {
    const name = list[index] ?? "";
    if (name.charCodeAt(0) !== COLON) break;
    const key = PSEUDO[name];
    const value = list[index + 1] ?? "";
    if (key === undefined || pseudo[key] !== undefined || NOT_IN_VALUES.test(value)) return undefined;
    pseudo[key] = value;
  }
  return index;
}

const COLON = 0x3a;
const SLASH = 0x2f;
const PSEUDO: Readonly<Record<string, keyof Pseudo>> = {
  ":method": "method",
  ":scheme": "scheme",
  ":path": "path",
  ":authority": "authority",
  ":protocol": "protocol",
};
const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;

/** RFC 9113 sections 8.3.1 and 8.5, RFC 8441 section 4. */
function isWhole({ method, scheme, path, authority, protocol }: Pseudo): boolean {
  if (method === undefined || !TOKEN.test(method)) return false;
  if (method === "CONNECT" && protocol === undefined)
    return authority !== undefined && scheme === undefined && path === undefined;
  if (protocol !== undefined && (method !== "CONNECT" || authority === undefined)) return false;
  return scheme !== undefined && path !== undefined && isPath(path, method);
}

function isPath(path: string, method: string): boolean {
  return path.charCodeAt(0) === SLASH || (path === "*" && method === "OPTIONS");
}

function areSame(list: readonly string[], start: number, before: ReadBefore): boolean {
  const shift = before.start - start;
  if (list.length + shift !== before.list.length) return false;
  for (let index = start; index < list.length; index += 1) {
    if (list[index] !== before.list[index + shift]) return false;
  }
  return true;
}

interface Found {
  readonly raw: string[];
  cookie: string | undefined;
  length: string | undefined;
  accept: string | undefined;
  expect: string | undefined;
  requestId: string | undefined;
}

function readLines(list: readonly string[], start: number): HeadLines | undefined {
  const found: Found = {
    raw: [],
    cookie: undefined,
    length: undefined,
    accept: undefined,
    expect: undefined,
    requestId: undefined,
  };
  for (let index = start; index < list.length; index += 2) {
    if (!note(found, list[index] ?? "", list[index + 1] ?? "")) return undefined;
  }
  const { raw, cookie, length, accept, expect, requestId } = found;
  const lengthBytes = length === undefined ? undefined : parseLength(length);
  if (length !== undefined && lengthBytes === undefined) return undefined;
  if (cookie !== undefined) raw.push("cookie", cookie);
  return { fields: Fields.of(raw), lengthBytes, accept, expect, requestId };
}

/** Takes note of one field; false where it makes the request malformed (RFC 9113 sections 8.2 and 8.2.2). */
function note(found: Found, name: string, value: string): boolean {
  if (!isField(name, value)) return false;
  switch (name) {
    case "cookie":
      found.cookie = joined(found.cookie, value, "; ");
      return true;
    case "content-length":
      if (found.length !== undefined) return false;
      found.length = value;
      break;
    case "accept":
      found.accept = joined(found.accept, value, ", ");
      break;
    case "expect":
      found.expect = joined(found.expect, value, ", ");
      break;
    case "x-request-id":
      found.requestId = joined(found.requestId, value, ", ");
      break;
    case "te":
      if (value.toLowerCase() !== "trailers") return false;
      break;
  }
  found.raw.push(name, value);
  return true;
}

function joined(before: string | undefined, value: string, between: string): string {
  return before === undefined ? value : before + between + value;
}

/** HTTP/2 delimits by length: what would end a line, and so begin another, must not get into HTTP/1.1. */
const NOT_IN_VALUES = /[^\t\x20-\x7e\x80-\xff]/;
const BLANK_AT_AN_END = /^[ \t]|[ \t]$/;

/** Those of a connection have no place in HTTP/2 (RFC 9113 section 8.2.2). */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

function isField(name: string, value: string): boolean {
  return (
    lowerNameOf(name) === name &&
    !OF_CONNECTION.has(name) &&
    !NOT_IN_VALUES.test(value) &&
    !BLANK_AT_AN_END.test(value)
  );
}

/** The fields of trailers (RFC 9113 section 8.1); undefined where they are malformed. */
export function readTrailers(list: readonly string[]): Fields | undefined {
  for (let index = 0; index < list.length; index += 2) {
    if (!isField(list[index] ?? "", list[index + 1] ?? "")) return undefined;
  }
  return Fields.of(list);
}
