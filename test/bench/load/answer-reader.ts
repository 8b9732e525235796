/** Takes bytes as they come. */
export type AnswerReader = (chunk: Buffer) => void;

const HEAD_END = "\r\n\r\n";

/**
 * Finds the answers in what a connection brings. It knows only what the bench's core sends: `200` with a Content-Length.
 * @param onAnswer called when the last byte of an answer is there.
 * @throws {Error} (the reader) at any other answer.
 */
export function createAnswerReader(onAnswer: () => void): AnswerReader {
  let head = "";
  /** Bytes of the body that are still to come; undefined while the head is read. */
  let left: number | undefined;
  return function read(chunk) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === undefined) {
        const before = head.length;
        head += rest.toString("latin1");
        const end = head.indexOf(HEAD_END);
        if (end === -1) return;
        left = bodyBytesOf(head.slice(0, end));
        rest = rest.subarray(end + HEAD_END.length - before);
        head = "";
      }
      const taken = Math.min(left, rest.length);
      left -= taken;
      rest = rest.subarray(taken);
      if (left > 0) return;
      left = undefined;
      onAnswer();
    }
  };
}

function bodyBytesOf(head: string): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (!head.startsWith("HTTP/1.1 200 ") || length === undefined) {
    throw new Error(`not the answer of the core: ${head.slice(0, 200)}`);
  }
  return Number(length);
}
