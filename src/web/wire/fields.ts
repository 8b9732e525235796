/**
 * Header fields as they stand on the wire (RFC 9112 section 5): read strictly, once, and kept as the text they came in.
 */

/** Names and values in turn, as in `IncomingMessage.rawHeaders`: order, case and duplicates survive. */
export type RawHeaders = readonly string[];

/** What no head may contain: control characters, and a CR or LF that is not half of a line end. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;
/** Names come from a small set, again and again: each is looked at once. Bounded, since clients choose them. */
const MAX_REMEMBERED = 1_024;
const lowerNames = new Map<string, string>();

/** The name in lower case, or undefined where it is no token (RFC 9110 section 5.6.2). */
export function lowerNameOf(name: string): string | undefined {
  const known = lowerNames.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) return undefined;
  const lowerName = name.toLowerCase();
  if (lowerNames.size < MAX_REMEMBERED) lowerNames.set(name, lowerName);
  return lowerName;
}

/** Tells whether the text of a whole head has only characters and line ends that a head may have. */
export function isCleanHead(text: string): boolean {
  return !FORBIDDEN.test(text);
}

/** The field lines of a head, or of trailers. */
export class Fields {
  /** All lines, each with its CRLF. */
  readonly text: string;
  /** The name of each line, in lower case. */
  readonly names: readonly string[];
  /** Where in the text each line begins, and after its colon; two numbers for each line. */
  readonly #places: readonly number[];

  private constructor(text: string, names: readonly string[], places: readonly number[]) {
    this.text = text;
    this.names = names;
    this.#places = places;
  }

  /**
   * Reads field lines.
   * @param text of lines that {@link isCleanHead} has passed, each with its CRLF.
   * @returns undefined for anything but `name: value`: a blank before the colon, a folded line (RFC 9112 section 5.2).
   */
  static parse(text: string): Fields | undefined {
    const names: string[] = [];
    const places: number[] = [];
    let start = 0;
    while (start < text.length) {
      const colon = text.indexOf(":", start);
      if (colon === -1) return undefined;
      // A name that runs over a line end is no token.
      const lowerName = lowerNameOf(text.slice(start, colon));
      if (lowerName === undefined) return undefined;
      names.push(lowerName);
      places.push(start, colon + 1);
      const end = text.indexOf("\r\n", colon);
      if (end === -1) return undefined;
      start = end + 2;
    }
    return new Fields(text, names, places);
  }

  /** The fields of a list; names that are no tokens are left out (the pseudo-headers of HTTP/2). */
  static of(raw: RawHeaders): Fields {
    const names: string[] = [];
    const places: number[] = [];
    let text = "";
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] ?? "";
      const lowerName = lowerNameOf(name);
      if (lowerName === undefined) continue;
      names.push(lowerName);
      places.push(text.length, text.length + name.length + 1);
      text += `${name}: ${raw[index + 1]}\r\n`;
    }
    return new Fields(text, names, places);
  }

  /** The value of one line, without the blanks around it (OWS). */
  value(index: number): string {
    const from = this.#places[2 * index + 1] ?? 0;
    const next = this.#places[2 * index + 2] ?? this.text.length;
    return trimmed(this.text, from, next - 2);
  }

  /** The first value of a field; undefined where there is none. */
  first(lowerName: string): string | undefined {
    const index = this.names.indexOf(lowerName);
    return index === -1 ? undefined : this.value(index);
  }

  /** The text of the lines that are not dropped. */
  without(drops: (lowerName: string) => boolean): string {
    const { names, text } = this;
    let kept = "";
    /** Where the present run of kept lines begins; -1 between runs. */
    let from = -1;
    for (let index = 0; index < names.length; index += 1) {
      const start = this.#places[2 * index] ?? 0;
      if (!drops(names[index] ?? "")) {
        if (from === -1) from = start;
      } else if (from !== -1) {
        kept += text.slice(from, start);
        from = -1;
      }
    }
    return from === -1 ? kept : kept + text.slice(from);
  }

  /** The fields as a list. */
  raw(): string[] {
    const raw: string[] = [];
    for (let index = 0; index < this.names.length; index += 1) {
      const start = this.#places[2 * index] ?? 0;
      const colon = (this.#places[2 * index + 1] ?? 1) - 1;
      raw.push(this.text.slice(start, colon), this.value(index));
    }
    return raw;
  }
}

/** No fields. */
export const NO_FIELDS = Fields.of([]);

const SPACE = 0x20;
const TAB = 0x09;

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

const DIGITS = /^\d{1,15}$/;

/** The number of a Content-Length (RFC 9110 section 8.6): digits only, and few enough to be exact; else undefined. */
export function parseLength(value: string): number | undefined {
  return DIGITS.test(value) ? Number(value) : undefined;
}
