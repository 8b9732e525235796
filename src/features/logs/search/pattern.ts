/** What lines are looked for: a text as it is, or a regular expression (JavaScript's, without flags of its own). */
export interface Pattern {
  readonly kind: "text" | "regex";
  readonly source: string;
  readonly ignoreCase: boolean;
  /** The lines that do not have it are wanted. */
  readonly isInverted: boolean;
}

/** Whether it takes no more than to compare bytes: that is done on the way, and can't take long. */
export function isPlain({ kind, ignoreCase }: Pattern): boolean {
  return kind === "text" && !ignoreCase;
}

/** The expression that a line is tested with. @throws {SyntaxError} where it is none. */
export function expressionOf({ kind, source, ignoreCase }: Pattern): RegExp {
  const expression = kind === "text" ? source.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&") : source;
  return new RegExp(expression, ignoreCase ? "i" : "");
}

/** Looks at what is around the match, or may match a line end in a way that is not seen easily. */
const SEES_MORE = /\(\?(?!:|<[^=!])|\\[PpnrxuckB0tvf]|\p{Cc}/u;

/**
 * The same expression for a text of many lines: where a line matches on its own, this matches in it too, or before it and
 * then it is to be tried again from the next line on. It never goes on beyond a line, which would take without end.
 * Undefined where an expression can't be written so.
 */
export function expressionOfLines(pattern: Pattern): RegExp | undefined {
  const { source } = expressionOf(pattern);
  if (SEES_MORE.test(source)) return undefined;
  const parts = [...source.matchAll(PART)].map(([part]) => withoutLineEnd(part));
  if (parts.includes(undefined)) return undefined;
  return new RegExp(parts.join(""), pattern.ignoreCase ? "gim" : "gm");
}

/** A part of an expression: a class, an escaped character, or any other character. */
const PART = /\[(?:\\.|[^\]\\])*\]|\\.|./g;

function withoutLineEnd(part: string): string | undefined {
  if (part.startsWith("[^")) return `[^\\n${part.slice(2)}`;
  // It would have to be taken apart.
  if (part.startsWith("[") && /\\[sWD]/.test(part)) return undefined;
  return WITHOUT_LINE_END[part] ?? part;
}

const WITHOUT_LINE_END: Readonly<Record<string, string>> = {
  "\\s": "[^\\S\\n]",
  "\\W": "[^\\w\\n]",
  "\\D": "[^\\d\\n]",
};
