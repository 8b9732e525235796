import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Answers that flow: the download, the upload, the events. */

const MEGABYTE = 1_048_576;
const BLOCK = Buffer.from("Rhino Freight, ledger of parcels, continued.\n".repeat(1457).slice(0, 65_536));

/** Sends `megabytes` of text with a Content-Length, at the reader's pace. */
export async function sendDownload(answer, megabytes, { headOnly }) {
  answer.setHeader("Content-Type", "text/plain");
  answer.setHeader("Content-Length", megabytes * MEGABYTE);
  answer.setHeader("Content-Disposition", 'attachment; filename="ledger.txt"');
  if (headOnly) {
    answer.end();
    return;
  }
  await pipeline(Readable.from(blocks(megabytes * (MEGABYTE / BLOCK.length))), answer);
}

/** Reads a body to its end and gives its length in bytes. */
export async function countBytes(request) {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  return bytes;
}

/** Reads a body as text; undefined where it is longer than `maxBytes`. */
export async function readText(request, maxBytes) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks).toString("utf8");
}

/** Sends the time as a server-sent event, now and every second, until `signal` fires or the reader goes away. */
export function sendEvents(answer, signal) {
  answer.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  let id = 0;
  const send = () => {
    // A reader that stands still gets no backlog: it misses events, as it would miss the clock's hands moving.
    if (!answer.writableNeedDrain) answer.write(`id: ${++id}\ndata: ${new Date().toISOString()}\n\n`);
  };
  const timer = setInterval(send, 1000);
  const stop = () => answer.end();
  signal.addEventListener("abort", stop, { once: true });
  answer.once("close", () => {
    clearInterval(timer);
    signal.removeEventListener("abort", stop);
  });
  send();
}

function* blocks(count) {
  for (let index = 0; index < count; index++) yield BLOCK;
}
