import type { Level } from "../levels.ts";
import type { ForwardRecord } from "./forward-record.ts";

/** Messages as RFC 5424 has them, in frames with their length before them (RFC 6587 section 3.4.1, RFC 5425 section 4.3). */

/** RFC 5424 section 6.2.1, table 2. */
const SEVERITIES: Readonly<Record<Level, number>> = {
  ...{ trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 },
};
const NOTICE = 5;
/** Of examples (RFC 5612): names with a number are anyone's to make, and those without are IANA's. */
const DATA_ID = "tickbird@32473";

/** What is the same in all messages of a log. */
export interface SyslogHead {
  readonly facility: number;
  readonly hostname: string;
  readonly appName: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Makes the function that writes frames. */
export function createSyslogWriter({ facility, hostname, appName, labels }: SyslogHead) {
  const data = Object.entries(labels).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const rest = `${fieldOf(hostname, 255)} ${fieldOf(appName, 48)} - - [${DATA_ID}${data.join("")}]`;
  return ({ text, timeMs, readAtMs, level }: ForwardRecord): Buffer => {
    const severity = level === null ? NOTICE : SEVERITIES[level];
    const time = new Date(timeMs ?? readAtMs).toISOString();
    // Without a byte order mark, which RFC 5424 section 6.4 wants and most receivers would show.
    const message = Buffer.from(`<${facility * 8 + severity}>1 ${time} ${rest} ${text}`);
    return Buffer.concat([Buffer.from(`${message.length} `), message]);
  };
}

/** PARAM-VALUE, section 6.3.3. */
function escaped(value: string): string {
  return value.replace(/["\\\]]/g, "\\$&");
}

/** PRINTUSASCII of a bounded length, section 6. */
function fieldOf(text: string, maxChars: number): string {
  const printable = text.replace(/[^!-~]/g, "_").slice(0, maxChars);
  return printable === "" ? "-" : printable;
}
