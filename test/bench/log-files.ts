import { once } from "node:events";
import { createWriteStream } from "node:fs";

/** Logs to search in, as large as nobody would commit them. */

/** What few lines of the log have. */
export const RARE = "needle-in-haystack";
/** Of the log, and of the one whose lines are short. */
export const LOG_BYTES = 1_000_000_000;
export const SHORT_LOG_BYTES = 300_000_000;

const BEGIN = Date.UTC(2026, 10, 28);
const LINES_AT_ONCE = 20_000;
const BETWEEN_LINES_MS = 37;

/** Writes lines as a server writes them, of about 150 bytes, each with its time and its level. */
export function writeLog(path: string): Promise<void> {
  return writeLines(path, LOG_BYTES, (index) => {
    const time = new Date(BEGIN + index * BETWEEN_LINES_MS).toISOString();
    const end = index % 1_000_000 === 999_999 ? ` ${RARE}` : "";
    return `${time} ${levelOf(index)} [http-nio-8080-exec-${index % 17}] com.example.shop.OrderService - order ${(index * 7_919) % 1_000_003} of customer ${(index * 104_729) % 99_991} took ${index % 997} ms${end}\n`;
  });
}

/** Writes lines of seven bytes and fewer, and at times one with a time. */
export function writeShortLines(path: string): Promise<void> {
  return writeLines(path, SHORT_LOG_BYTES, (index) =>
    index % 1_000 === 0 ? `${new Date(BEGIN + index).toISOString()} ERROR x\n` : "INFO a\n".slice(index % 7),
  );
}

function levelOf(index: number): string {
  if (index % 1_000 === 7) return "ERROR";
  return index % 10 === 0 ? "WARN" : "INFO";
}

async function writeLines(path: string, size: number, lineOf: (index: number) => string): Promise<void> {
  const file = createWriteStream(path);
  for (let bytes = 0, index = 0; bytes < size; ) {
    const lines = Array.from({ length: LINES_AT_ONCE }, (_, at) => lineOf(index + at));
    index += LINES_AT_ONCE;
    const text = lines.join("");
    bytes += text.length;
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
}
