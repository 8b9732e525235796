import { levelOf } from "./levels.ts";
import type { RawLine } from "./line-splitter.ts";
import type { LineBatch } from "./log-parts.ts";
import { timeOfLine } from "./timestamps.ts";

/** Joins lines that belong together, such as a stack trace with the message before it, into one record each. */
export interface RecordJoiner {
  /** The records that these lines complete. */
  add(batch: LineBatch): LineBatch;
  /** The last one, where it has waited for more of its lines for so long. */
  flush(waitedMs: number): LineBatch | undefined;
  isHolding(): boolean;
  /** The next line begins at this offset. */
  goTo(offset: number): void;
}

/** A record is given in parts beyond it. */
const MAX_LINES = 1_000;
const LF = Buffer.from("\n");
/** What is looked at of a line. */
export const HEAD_BYTES = 512;
/** What comes after the message of an exception, in Java and its relatives, Python and .NET. */
const CONTINUED = /^(?:\s|$|at |Caused by: |Suppressed: |Traceback |\.\.\. \d+ more|--- End of )/;

/** Makes one. @param areAllNeeded of lines that were looked at each: whether all of a record have to be wanted. */
export function createRecordJoiner(maxBytes: number, areAllNeeded: boolean): RecordJoiner {
  let held: RawLine[] = [];
  let heldBytes = 0;
  let heldSinceMs = 0;
  const guess = createGuess();
  let content: LineBatch["content"] | undefined;
  /** Where the held record begins. */
  let beginsAt: number | undefined;
  let lineAt: number | undefined;

  const record = (): RawLine => {
    const [first] = held;
    const last = held.at(-1);
    if (first === undefined || last === undefined) throw new Error("There is no record.");
    const marks = held.flatMap(({ isMatch }) => (isMatch === undefined ? [] : [isMatch]));
    const isMatch = areAllNeeded ? marks.every(Boolean) : marks.some(Boolean);
    // Whoever goes on after one whose last line is half-written gets all of it again.
    const endOffset = last.isOpen ? (beginsAt ?? last.endOffset) : last.endOffset;
    const joined = {
      bytes:
        held.length === 1 ? first.bytes : Buffer.concat(held.flatMap(({ bytes }) => [LF, bytes]).slice(1)),
      ...{ endOffset, isCut: held.some(({ isCut }) => isCut), isOpen: last.isOpen },
    };
    held = [];
    heldBytes = 0;
    return marks.length === 0 ? joined : { ...joined, isMatch };
  };
  const begins = (line: RawLine): boolean => {
    const isFull = held.length >= MAX_LINES || heldBytes + line.bytes.length > maxBytes;
    const hasToBegin = held.length === 0 || isFull;
    return line.isStart === undefined ? guess(line, hasToBegin) : hasToBegin || line.isStart;
  };
  return {
    add(batch) {
      const lines: RawLine[] = [];
      for (const line of batch.lines) {
        if (begins(line)) {
          if (held.length > 0) lines.push(record());
          beginsAt = lineAt;
          heldSinceMs = performance.now();
        }
        // A copy: a line would keep all that was read with it.
        held.push({ ...line, bytes: Buffer.from(line.bytes) });
        heldBytes += line.bytes.length + 1;
        lineAt = line.endOffset;
      }
      content = batch.content;
      return { kind: "lines", content, lines };
    },
    flush(waitedMs) {
      if (held.length === 0 || content === undefined) return undefined;
      if (performance.now() - heldSinceMs < waitedMs) return undefined;
      return { kind: "lines", content, lines: [record()] };
    },
    isHolding: () => held.length > 0,
    goTo(offset) {
      lineAt = offset;
    },
  };
}

/** Tells by what a line says of itself whether it begins a record. */
function createGuess(): (line: RawLine, hasToBegin: boolean) => boolean {
  let head = { hasTime: false, hasLevel: false };
  return ({ bytes }, hasToBegin) => {
    const text = bytes.toString("latin1", 0, HEAD_BYTES);
    if (!hasToBegin && CONTINUED.test(text)) return false;
    const own = { hasTime: timeOfLine(text, 0) !== null, hasLevel: levelOf(text) !== null };
    const isNew = own.hasTime || (!head.hasTime && (own.hasLevel || !head.hasLevel));
    if (isNew) head = own;
    return isNew || hasToBegin;
  };
}
