/**
 * A Markdown table whose columns line up as text too.
 * @param options.isText the columns that begin at the left; the others hold numbers. The first alone, by default.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { isText = isFirst }: { isText?: (column: number) => boolean } = {},
): string {
  const widths = head.map((cell, column) =>
    Math.max(...[cell, ...rows.map((row) => row[column] ?? "")].map((text) => text.length)),
  );
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, column) =>
      isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    isText(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

function isFirst(column: number): boolean {
  return column === 0;
}

/** Least and greatest value, such as `12.1–13.4`. */
export function spread(least: number, greatest: number, digits: number): string {
  return `${number(least, digits)}–${number(greatest, digits)}`;
}

/** A number with thousands set apart. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
