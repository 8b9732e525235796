/** A part of a message on its way out: text in latin1, or bytes. */
export type Piece = string | Buffer;

/** One buffer of all pieces, which have `bytes` together. */
export function join(pieces: readonly Piece[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") at += joined.write(piece, at, "latin1");
    else at += piece.copy(joined, at);
  }
  return joined;
}
