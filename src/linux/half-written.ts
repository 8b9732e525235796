/**
 * Tells whether a content may be what a write in place has left that was broken off, or the write that was to undo it:
 * each byte is that of the old content or of the next one at its place, and it is neither of the two.
 */
export function isHalfWritten(content: Buffer, old: Buffer, next: Buffer): boolean {
  const { length } = content;
  if (length < Math.min(old.length, next.length) || length > Math.max(old.length, next.length)) return false;
  if (content.equals(old) || content.equals(next)) return false;
  return content.every((byte, at) => byte === old[at] || byte === next[at]);
}
