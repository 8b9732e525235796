/** A part of a message on its way out: text in latin1, or bytes. */
export type Piece = string | Buffer;

/** Copies all pieces, one behind the other, into `target`, which has room for them. */
export function joinInto(target: Buffer, pieces: readonly Piece[]): void {
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") at += target.write(piece, at, "latin1");
    else at += piece.copy(target, at);
  }
}
