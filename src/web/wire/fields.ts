import { lowerNameAt, lowerNameOf, TOKEN_BYTES } from "./field-names.ts";

/**
 * Header fields as they stand on the wire (RFC 9112 section 5): read strictly, once, and kept as the text they came in.
 */

/** Names and values in turn, as in `IncomingMessage.rawHeaders`: order, case and duplicates survive. */
export type RawHeaders = readonly string[];

/** Tells which bytes a line may have up to its end: no control characters but the tab (RFC 9110 section 5.5). */
const TEXT_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0x09 || (byte >= 0x20 && byte !== 0x7f) ? 1 : 0,
);

const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;

/** The field lines of a head, or of trailers. */
export class Fields {
  /** What the lines are part of, up to their end. */
  readonly #head: string;
  /** Where in it they begin. */
  readonly #start: number;
  /** The name of each line, in lower case. */
  readonly names: readonly string[];
  /** Where in the head each line begins. */
  readonly #starts: readonly number[];

  private constructor(head: string, start: number, names: readonly string[], starts: readonly number[]) {
    this.#head = head;
    this.#start = start;
    this.names = names;
    this.#starts = starts;
  }

  /**
   * Reads the lines that begin at `from`, up to and with the blank line behind them: that line is at `textEnd`.
   * @param begin where what they are part of begins, for {@link Fields.head}.
   * @returns `malformed` for anything but `name: value`: a blank before the colon, a folded line (RFC 9112 section 5.2),
   * a control character, a bare CR or LF; `incomplete` where the piece ends before the lines do.
   */
  static read(bytes: Buffer, from: number, begin = from): Fields | "incomplete" | "malformed" {
    const names: string[] = [];
    const starts: number[] = [];
    let at = from;
    while (bytes[at] !== CR) {
      const colon = endOfName(bytes, at);
      if (colon === bytes.length) return "incomplete";
      if (bytes[colon] !== COLON || colon === at) return "malformed";
      names.push(lowerNameAt(bytes, at, colon));
      starts.push(at - begin);
      at = endOfText(bytes, colon + 1);
      const fault = faultOfLineEnd(bytes, at);
      if (fault !== undefined) return fault;
      at += 2;
    }
    const fault = faultOfLineEnd(bytes, at);
    if (fault !== undefined) return fault;
    return new Fields(bytes.toString("latin1", begin, at), from - begin, names, starts);
  }

  /**
   * Reads lines that are there as text, each with its CRLF.
   * @returns undefined for what {@link Fields.read} calls malformed.
   */
  static parse(text: string): Fields | undefined {
    const fields = Fields.read(Buffer.from(`${text}\r\n`, "latin1"), 0);
    return typeof fields === "string" || fields.head.length !== text.length ? undefined : fields;
  }

  /** The fields of a list; names that are no tokens are left out (the pseudo-headers of HTTP/2). */
  static of(raw: RawHeaders): Fields {
    const names: string[] = [];
    const starts: number[] = [];
    let text = "";
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] ?? "";
      const lowerName = lowerNameOf(name);
      if (lowerName === undefined) continue;
      names.push(lowerName);
      starts.push(text.length);
      text += `${name}: ${raw[index + 1]}\r\n`;
    }
    return new Fields(text, 0, names, starts);
  }

  /** What the lines are part of, from its beginning up to their end. */
  get head(): string {
    return this.#head;
  }

  /** All lines, each with its CRLF. */
  get text(): string {
    return this.#start === 0 ? this.#head : this.#head.slice(this.#start);
  }

  /** The value of one line, without the blanks around it (OWS). */
  value(index: number): string {
    const next = this.#starts[index + 1] ?? this.#head.length;
    return trimmed(this.#head, this.#colon(index) + 1, next - 2);
  }

  /** The first value of a field; undefined where there is none. */
  first(lowerName: string): string | undefined {
    const index = this.names.indexOf(lowerName);
    return index === -1 ? undefined : this.value(index);
  }

  /** The text of the lines that are not dropped. */
  without(drops: (lowerName: string) => boolean): string {
    return this.#without(drops, -1);
  }

  /** The same, behind what stands before the lines. */
  headWithout(drops: (lowerName: string) => boolean): string {
    return this.#without(drops, this.#start === 0 ? -1 : 0);
  }

  #without(drops: (lowerName: string) => boolean, begin: number): string {
    const { names } = this;
    const head = this.#head;
    let kept = "";
    /** Where the present run of what is kept begins; -1 between runs. */
    let from = begin;
    for (let index = 0; index < names.length; index += 1) {
      const start = this.#starts[index] ?? 0;
      if (!drops(names[index] ?? "")) {
        if (from === -1) from = start;
      } else if (from !== -1) {
        kept += head.slice(from, start);
        from = -1;
      }
    }
    return from === -1 ? kept : kept + head.slice(from);
  }

  /** The fields as a list, less those that are dropped. */
  raw(drops?: (lowerName: string) => boolean): string[] {
    const raw: string[] = [];
    for (let index = 0; index < this.names.length; index += 1) {
      if (drops?.(this.names[index] ?? "")) continue;
      raw.push(this.#head.slice(this.#starts[index], this.#colon(index)), this.value(index));
    }
    return raw;
  }

  #colon(index: number): number {
    return (this.#starts[index] ?? 0) + (this.names[index] ?? "").length;
  }
}

function endOfName(bytes: Buffer, from: number): number {
  let at = from;
  while (TOKEN_BYTES[bytes[at] ?? 0] !== 0) at += 1;
  return at;
}

/** Where what a line may have ends: at its end, or at what may not stand there. */
export function endOfText(bytes: Buffer, from: number): number {
  let at = from;
  while (TEXT_BYTES[bytes[at] ?? CR] === 1) at += 1;
  return at;
}

/** What is wrong where a line should end. */
export function faultOfLineEnd(bytes: Buffer, at: number): "incomplete" | "malformed" | undefined {
  if (at < bytes.length && bytes[at] !== CR) return "malformed";
  if (at + 1 >= bytes.length) return "incomplete";
  return bytes[at + 1] === LF ? undefined : "malformed";
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

/** More digits are not exact. */
const MAX_DIGITS = 15;
const ZERO = 0x30;

/** The number of a Content-Length (RFC 9110 section 8.6): digits only, and few enough to be exact; else undefined. */
export function parseLength(value: string): number | undefined {
  if (value === "" || value.length > MAX_DIGITS) return undefined;
  let length = 0;
  for (let index = 0; index < value.length; index += 1) {
    const digit = value.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    length = length * 10 + digit;
  }
  return length;
}
