/** A difference as `diff -u` writes it, taken apart for a table. */

/** One line of it. */
export interface DiffLine {
  /** `place` stands between the pieces: where the next one begins. */
  readonly kind: "added" | "removed" | "same" | "place";
  readonly text: string;
  /** The number of the line in the old text and in the new one, counted from 1, where it stands in it. */
  readonly oldLine?: number;
  readonly newLine?: number;
}

const PLACE = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** Takes a difference apart. The names of the two sides are left out. */
export function diffLines(diff: string): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let oldLine = 0;
  let newLine = 0;
  let isInside = false;
  for (const line of diff.split("\n")) {
    const [, oldStart, newStart] = PLACE.exec(line) ?? [];
    if (oldStart !== undefined) {
      isInside = true;
      oldLine = Number(oldStart);
      newLine = Number(newStart);
      lines.push({ kind: "place", text: `Line ${Math.max(1, newLine)}` });
      continue;
    }
    if (!isInside || line === "") continue;
    const text = line.slice(1);
    if (line.startsWith("+")) lines.push({ kind: "added", text, newLine: newLine++ });
    else if (line.startsWith("-")) lines.push({ kind: "removed", text, oldLine: oldLine++ });
    else if (line.startsWith("\\")) lines.push({ kind: "place", text: text.trim() });
    else lines.push({ kind: "same", text, oldLine: oldLine++, newLine: newLine++ });
  }
  return lines;
}

/** How many lines came and went. */
export function diffCounts(lines: readonly DiffLine[]): {
  readonly added: number;
  readonly removed: number;
} {
  const countOf = (kind: DiffLine["kind"]) => lines.filter((line) => line.kind === kind).length;
  return { added: countOf("added"), removed: countOf("removed") };
}
