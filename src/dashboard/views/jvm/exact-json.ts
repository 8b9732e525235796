/** JSON as Java writes it: `long` has more digits than a number of JavaScript. */

/** Reads JSON; integers that a number can't hold become BigInt, where the browser tells how they were written. */
export function parseExact(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value;
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, revive);
}

/** Writes JSON, BigInt as integers with all their digits. */
export function exactText(value: unknown, indent = 0): string {
  const digits: string[] = [];
  // No text of ours has this in it: it is made for this one.
  const mark = crypto.randomUUID();
  const text = JSON.stringify(
    value,
    (_key, inner: unknown) => {
      if (typeof inner !== "bigint") return inner;
      digits.push(String(inner));
      return `${mark}${digits.length - 1}`;
    },
    indent,
  );
  return (text ?? "null").replace(
    new RegExp(`"${mark}(\\d+)"`, "g"),
    (_, index) => digits[Number(index)] ?? "0",
  );
}
