import { cursorOf } from "../cursor.ts";
import type { Destination, DestinationParts, Sent } from "./destination.ts";
import type { ForwardRecord } from "./forward-record.ts";
import { createPoster, type PostAnswer, refusalOf } from "./http-post.ts";
import type { SendFailure } from "./send-error.ts";

/** Loki's push API, `POST /loki/api/v1/push`, in its JSON form: one stream for each log. */

const ALL: Sent = { rejected: 0, reason: null };
const NS_PER_MS = 1_000_000;

/** Makes the destination. */
export function createLoki({ settings, tls, file, hostname }: DestinationParts): Destination {
  const { url, tenant, appName, labels, structuredMetadata } = settings;
  const poster = createPoster(settings, tls, tenant === undefined ? {} : { "X-Scope-OrgID": tenant });
  const stream = {
    ...{ filename: file, host: hostname, ...(appName === undefined ? {} : { app: appName }) },
    ...labels,
  };
  const entryOf = ({ text, level, place, ...record }: ForwardRecord) => {
    const metadata = { cursor: cursorOf(place), ...(level === null ? {} : { level }) };
    const entry = [nanosecondsOf(record, place.offset), text];
    return structuredMetadata ? [...entry, metadata] : entry;
  };
  return {
    async send(records, signal) {
      const json = JSON.stringify({ streams: [{ stream, values: records.map(entryOf) }] });
      const answer = await poster.post(json, signal);
      const failure = failureOf(answer);
      if (failure === undefined) return ALL;
      throw refusalOf(answer, url, failure);
    },
    [Symbol.asyncDispose]: () => poster[Symbol.asyncDispose](),
  };
}

/**
 * The time, as a string: no number of JavaScript holds it. Lines of one millisecond are told apart, and kept in their
 * order, by their places in the file: the same each time that they are sent, so that Loki takes what comes twice for one.
 */
function nanosecondsOf(
  { timeMs, readAtMs }: Pick<ForwardRecord, "timeMs" | "readAtMs">,
  offset: number,
): string {
  return `${timeMs ?? readAtMs}${String(offset % NS_PER_MS).padStart(6, "0")}`;
}

/** Loki takes what it can of a batch, and answers 400 for the rest: too old, too far behind, too long. */
function failureOf({ status }: PostAnswer): SendFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 408 || status === 429 || status >= 500) return "retry";
  return status === 400 || status === 413 || status === 422 ? "refused" : "denied";
}
