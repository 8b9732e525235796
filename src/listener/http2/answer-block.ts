import type { AnswerHead } from "../../web/exchange.ts";
import { httpDate } from "../../web/wire/date.ts";
import type { Fields } from "../../web/wire/fields.ts";
import { field, statusField } from "./hpack/encoder.ts";

/** Header blocks of answers (RFC 9113 section 8.3.2), as latin1 text. */

/** Of an answer of the core's, interim or final. A recipient with a clock adds a Date (RFC 9110 section 6.6.1). */
export function answerBlock(head: AnswerHead): string {
  const { status, fields, drops, hasDate } = head;
  head.block ??= statusField(status) + fieldsBlock(fields, drops);
  return hasDate || status < 200 ? head.block : head.block + field("date", httpDate());
}

/** Of trailers. */
export function trailersBlock(trailers: Fields): string {
  return fieldsBlock(trailers, () => false);
}

/** Of an answer of our own, whose names may be in any case. */
export function ownBlock(status: number, headers: Readonly<Record<string, string>>): string {
  let block = statusField(status);
  for (const [name, value] of Object.entries(headers)) block += field(name.toLowerCase(), value);
  return block + field("date", httpDate());
}

function fieldsBlock(fields: Fields, drops: (lowerName: string) => boolean): string {
  let block = "";
  for (let index = 0; index < fields.names.length; index += 1) {
    const name = fields.names[index] ?? "";
    if (!drops(name)) block += field(name, fields.value(index));
  }
  return block;
}
