/**
 * How the kernel lays out the events of a tracepoint: what it says itself in `events/<system>/<event>/format`
 * (kernel: trace/events.rst, "Event formats"). Places and sizes differ between kernels, so none is assumed.
 */

/** Where a field of an event is. */
export interface EventField {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly isSigned: boolean;
}

/** The layout of one kind of event. */
export interface EventFormat {
  /** What its events have as `common_type`. */
  readonly id: number;
  readonly fields: ReadonlyMap<string, EventField>;
}

/** The kernel says something that is not understood here. */
export class EventFormatError extends Error {
  override readonly name = "EventFormatError";
}

const MAX_FORMAT_CHARS = 65_536;
const MAX_OFFSET = 4_096;
const FIELD = /^\s*field:\s*([^;]{1,200});\s*offset:(\d{1,9});\s*size:(\d{1,9});\s*signed:([01]);/gm;
/** The name is the last word, before the brackets of an array. */
const NAME = /(\w+)\s*(?:\[[^\]]*\])?$/;

/**
 * Parses the content of a `format` file.
 * @throws {EventFormatError} where it has no id, or no fields.
 */
export function parseEventFormat(text: string): EventFormat {
  if (text.length > MAX_FORMAT_CHARS) throw new EventFormatError("the format of an event is too long");
  const id = /^ID: (\d{1,9})$/m.exec(text)?.[1];
  const fields = parseFields(text);
  if (id === undefined || fields.size === 0) throw new EventFormatError("an event has no format");
  return { id: Number(id), fields };
}

/** Parses lines of fields: of a `format`, or of `events/header_page`. */
export function parseFields(text: string): Map<string, EventField> {
  const fields = new Map<string, EventField>();
  for (const [, declaration = "", offset = "", size = "", signed] of text.matchAll(FIELD)) {
    const name = NAME.exec(declaration)?.[1];
    if (name === undefined || Number(offset) > MAX_OFFSET) continue;
    fields.set(name, { offset: Number(offset), sizeBytes: Number(size), isSigned: signed === "1" });
  }
  return fields;
}

/**
 * The field of this name.
 * @throws {EventFormatError} where there is none of that size, or where its place can't be read in steps of 32 bits.
 */
export function fieldOf(format: Pick<EventFormat, "fields">, name: string, sizeBytes: number): EventField {
  const field = format.fields.get(name);
  if (field === undefined || field.sizeBytes !== sizeBytes || field.offset % 4 !== 0) {
    throw new EventFormatError(`an event has no field ${name} of ${sizeBytes} bytes`);
  }
  return field;
}
