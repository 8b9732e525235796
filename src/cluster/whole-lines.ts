import type { Readable } from "node:stream";

/**
 * Passes on what a process writes in whole lines, so that those of several processes never mix: what they write to one
 * pipe does as soon as it is more than PIPE_BUF (pipe(7)). The beginning of a line that is never ended is dropped.
 */
export function passWholeLines(source: Readable, sink: { write(lines: string): void }): void {
  let rest = "";
  source.setEncoding("utf8");
  source.on("data", (piece: string) => {
    const end = piece.lastIndexOf("\n") + 1;
    if (end > 0) sink.write(rest + piece.slice(0, end));
    rest = end > 0 ? piece.slice(end) : rest + piece;
  });
}
