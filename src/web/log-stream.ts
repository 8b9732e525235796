import { pino } from "pino";

/** Where the log goes: lines are gathered for a moment, since each write costs more than what it writes. */
export interface LogStream {
  /** Takes one or more whole lines. */
  write(lines: string): void;
  /** Writes what is gathered; `done` is called when the system has it. */
  flush(done?: (error?: Error | null) => void): void;
}

const GATHER_MS = 50;
const GATHER_CHARACTERS = 65_536;

let standardOutput: LogStream | undefined;

/** The stream to standard output. */
export function standardOutputStream(): LogStream {
  standardOutput ??= openStandardOutput();
  return standardOutput;
}

/** Asynchronous: a reader of the log that stands still must never hold up the traffic. */
function openStandardOutput(): LogStream {
  const output = pino.destination({ dest: 1, sync: false });
  let gathered = "";
  let timer: NodeJS.Timeout | undefined;
  const pass = () => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered !== "") output.write(gathered);
    gathered = "";
  };
  process.once("exit", () => {
    pass();
    output.flushSync();
  });
  return {
    write(lines) {
      gathered += lines;
      if (gathered.length >= GATHER_CHARACTERS) pass();
      else timer ??= setTimeout(pass, GATHER_MS);
    },
    flush(done) {
      pass();
      output.flush(done);
    },
  };
}
