/** What a line of strace's output file is. */
export type LineKind =
  /** A line of the process: a call, a signal, an end. */
  | "data"
  /** A call that was under way when strace let go: an artefact of the end, not a line of the process. */
  | "pending"
  /** A remark of strace about itself. */
  | "banner";

const PREFIX = /^\d+ +\d+\.\d+ /;
/** At the end of a line only: inside of one it may be text of the process. */
const DETACHED = / ?<detached \.\.\.>$/;
const BANNER = /^\[ Process PID=\d+ runs in .* mode\. \]$/;

/** Tells what kind a line is. Nearly all are data, and end in a way that nothing else does. */
export function kindOfLine(line: string): LineKind {
  if (line.endsWith("...>")) return DETACHED.test(line) ? "pending" : "data";
  return line.endsWith(" ]") && BANNER.test(line.replace(PREFIX, "")) ? "banner" : "data";
}

/** The call of a `pending` line, without strace's remark. */
export function pendingCall(line: string): string {
  return line.replace(DETACHED, "");
}

/** Cuts what is read, piece by piece, into whole lines. */
export interface LineSplitter {
  /** The lines that this piece completes. */
  split(piece: Buffer): string[];
  /** Says that the next piece is not the one after the last: of the lines that are torn by that nothing is left. */
  tear(): void;
  /** The beginning of a line that has no end. */
  rest(): string;
}

const LINE_END = 0x0a;
/** The time that a line begins with, where it names no thread. */
const THREADLESS = /^\d+\.\d{6} /;

/**
 * Makes a splitter. strace writes ASCII only, so that no character is torn.
 * @param soleTid the thread that is traced where it is only one: strace then names none in its lines, and here it is put
 *   before them, as strace itself would.
 */
export function createLineSplitter(soleTid?: number): LineSplitter {
  let rest = "";
  let isTorn = false;
  const head = soleTid === undefined ? "" : `${String(soleTid).padEnd(5)} `;
  const withHead = (line: string) => (head !== "" && THREADLESS.test(line) ? head + line : line);
  return {
    split(piece) {
      const lines: string[] = [];
      let start = isTorn ? piece.indexOf(LINE_END) + 1 : 0;
      if (isTorn && start === 0) return lines;
      isTorn = false;
      // Each is a string of its own: one that is cut out of a longer one holds all of that for as long as any part of it is
      // held, and takes longer to read.
      for (let end = piece.indexOf(LINE_END, start); end !== -1; end = piece.indexOf(LINE_END, start)) {
        lines.push(withHead(rest + piece.toString("latin1", start, end)));
        rest = "";
        start = end + 1;
      }
      rest += piece.toString("latin1", start);
      return lines;
    },
    tear() {
      rest = "";
      isTorn = true;
    },
    rest: () => withHead(rest),
  };
}
