import { pino } from "pino";

/** Where the log goes: lines are gathered for a moment, since each write costs more than what it writes. */
export interface LogStream {
  /** Takes one or more whole lines. */
  write(lines: string): void;
  /** The same, of lines that are known to be ASCII. */
  writeAscii(lines: string): void;
  /** Writes what is gathered; `done` is called when the system has it. */
  flush(done?: (error?: Error | null) => void): void;
}

/** What a {@link LogStream} writes to. */
export interface LogOutput {
  write(text: string): void;
  flush(done?: (error?: Error | null) => void): void;
}

const GATHER_MS = 50;
const GATHER_BYTES = 65_536;
/** The most bytes that UTF-8 needs for one unit of a string. */
const MAX_BYTES_EACH = 3;
/** What waits for a reader of the log that stands still; beyond it, lines are dropped and counted. */
const MAX_WAITING_BYTES = 16_777_216;

let standardOutput: LogStream | undefined;

/** The stream to standard output. */
export function standardOutputStream(): LogStream {
  standardOutput ??= openStandardOutput();
  return standardOutput;
}

/** Asynchronous: a reader of the log that stands still must never hold up the traffic. */
function openStandardOutput(): LogStream {
  const output = pino.destination({
    dest: 1,
    sync: false,
    maxLength: MAX_WAITING_BYTES,
    maxWrite: GATHER_BYTES,
  });
  let dropped = 0;
  output.on("drop", (lines: string) => {
    dropped += lines.split("\n").length - 1;
  });
  output.on("drain", () => {
    if (dropped === 0) return;
    const line = { level: "warn", time: new Date().toISOString(), dropped, msg: "log lines were dropped" };
    dropped = 0;
    output.write(`${JSON.stringify(line)}\n`);
  });
  const stream = gatherLines(output);
  process.once("exit", () => {
    stream.flush();
    output.flushSync();
  });
  return stream;
}

/** Gathers lines for an output, as bytes: a text grown by many additions would be kept in as many parts. */
export function gatherLines(output: LogOutput): LogStream {
  const gathered = Buffer.allocUnsafeSlow(GATHER_BYTES);
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const pass = () => {
    clearTimeout(timer);
    timer = undefined;
    if (bytes > 0) output.write(gathered.toString("utf8", 0, bytes));
    bytes = 0;
  };
  const gather = (lines: string, maxBytes: number, encoding: "utf8" | "latin1") => {
    if (bytes + maxBytes > GATHER_BYTES) pass();
    if (maxBytes > GATHER_BYTES) {
      output.write(lines);
      return;
    }
    bytes += gathered.write(lines, bytes, encoding);
    timer ??= setTimeout(pass, GATHER_MS);
  };
  return {
    write: (lines) => gather(lines, lines.length * MAX_BYTES_EACH, "utf8"),
    writeAscii: (lines) => gather(lines, lines.length, "latin1"),
    flush(done) {
      pass();
      output.flush(done);
    },
  };
}
