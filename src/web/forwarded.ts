import { plainAddress } from "../base/addresses.ts";
import { lowerNameOf } from "./wire/field-names.ts";
import type { RawHeaders } from "./wire/fields.ts";

/** What a request's fields claim of the way it took: Forwarded (RFC 7239) and its forerunners. Read from trusted peers only. */

/** The claims, each as one list of all values as they came (RFC 9110 section 5.3); empty where nothing is claimed. */
export interface Claims {
  readonly forwardedFor: string;
  readonly forwarded: string;
  readonly proto: string;
  readonly host: string;
  readonly port: string;
}

/** Reads the claims from raw header fields. */
export function claimsOf(incoming: RawHeaders): Claims {
  const claims = { forwardedFor: "", forwarded: "", proto: "", host: "", port: "" };
  for (let index = 0; index < incoming.length; index += 2) {
    const value = incoming[index + 1] ?? "";
    switch (lowerNameOf(incoming[index] ?? "")) {
      case "x-forwarded-for":
        claims.forwardedFor = joined(claims.forwardedFor, value);
        break;
      case "forwarded":
        claims.forwarded = joined(claims.forwarded, value);
        break;
      case "x-forwarded-proto":
        claims.proto = joined(claims.proto, value);
        break;
      case "x-forwarded-host":
        claims.host = joined(claims.host, value);
        break;
      case "x-forwarded-port":
        claims.port = joined(claims.port, value);
        break;
    }
  }
  return claims;
}

function joined(list: string, value: string): string {
  return list === "" ? value : `${list}, ${value}`;
}

/** The way of a request. */
export interface Way {
  /** Which claim is believed; null where there is none to be had. */
  readonly by: "forwardedFor" | "forwarded" | null;
  /** The hops as they are named there, the nearest last; only as far as the list can be understood. */
  readonly hops: readonly string[];
  /** Whether the list can be understood to its beginning. */
  readonly isWhole: boolean;
}

/**
 * The way of a request as it is claimed. X-Forwarded-For is believed where there is one, and Forwarded only where there
 * is none: most load balancers write the former and let pass whatever the client says in the latter.
 */
export function wayOf({ forwardedFor, forwarded }: Claims): Way {
  const listed = lastEntries(forwardedFor);
  if (listed.length > 0) return { by: "forwardedFor", hops: listed, isWhole: true };
  const { hops, isWhole } = lastElements(forwarded);
  return { by: hops.length === 0 ? null : "forwarded", hops, isWhole };
}

/** The most hops that are looked at, from the nearest on. */
const MAX_HOPS = 32;

/** The last entries of a list in their order, without empty ones (RFC 9110 section 5.6.1). */
function lastEntries(list: string): string[] {
  const entries: string[] = [];
  let end = list.length;
  for (let looked = 0; looked < MAX_HOPS && end > 0; looked++) {
    const comma = list.lastIndexOf(",", end - 1);
    const entry = list.slice(comma + 1, end).trim();
    if (entry !== "") entries.push(entry);
    end = comma;
  }
  return entries.reverse();
}

/** The most commas that are looked at: they may stand in quoted strings too. */
const MAX_COMMAS = 128;
/** The longest element of Forwarded that is understood. */
const MAX_ELEMENT_CHARACTERS = 1_024;

/**
 * The `for` of the last elements of Forwarded (RFC 7239 section 4), `unknown` where an element has none. It is read from
 * the end, which a trusted peer has written: what a client wrote before it, such as an open quotation mark, must not
 * make that worthless.
 */
function lastElements(list: string): { hops: string[]; isWhole: boolean } {
  const hops: string[] = [];
  let end = list.length;
  let comma = end;
  for (let looked = 0; looked < MAX_COMMAS && hops.length < MAX_HOPS; looked++) {
    comma = comma === 0 ? -1 : list.lastIndexOf(",", comma - 1);
    if (end - comma > MAX_ELEMENT_CHARACTERS) break;
    const hop = hopOfElement(list.slice(comma + 1, end));
    if (hop !== undefined) {
      if (hop !== "") hops.push(hop);
      end = comma;
    }
    if (comma === -1) return { hops: hops.reverse(), isWhole: hop !== undefined };
  }
  return { hops: hops.reverse(), isWhole: false };
}

/** One pair and what ends it. A value is also taken unquoted where it had to be quoted: many write addresses so. */
const PAIR = /[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^ \t",;]+))[ \t]*)?(;|$)/y;

/** The `for` of one element, empty for an empty element (RFC 9110 section 5.6.1); undefined when it is malformed. */
function hopOfElement(element: string): string | undefined {
  let hop = "";
  PAIR.lastIndex = 0;
  for (;;) {
    const pair = PAIR.exec(element);
    if (pair === null) return undefined;
    const [, name, quoted, plain, end] = pair;
    if (name?.toLowerCase() === "for") hop = quoted?.replace(/\\(.)/g, "$1") || plain || "unknown";
    else if (name !== undefined) hop ||= "unknown";
    if (end !== ";") return hop;
  }
}

/**
 * The address of a hop: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`; undefined where it is none
 * (`unknown`, an obfuscated `_x`, anything else).
 */
export function hopAddress(hop: string): string | undefined {
  const plain = plainAddress(hop);
  if (plain !== undefined) return plain;
  const [, bracketed, dotted] = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/i.exec(hop) ?? [];
  if (bracketed !== undefined && !bracketed.includes(":")) return undefined;
  return plainAddress(bracketed ?? dotted ?? "");
}
