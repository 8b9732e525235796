import { printable } from "./printable.ts";
import { looksSecret, MASK, maskArguments } from "./secrets.ts";

/**
 * Masks the secrets of a command line, also where a whole command stands in one argument: `sh -c "…"`, or a title that
 * the process wrote over its arguments.
 */
export function maskCommandLine(argv: readonly string[]): string[] {
  return maskArguments(argv).map((argument) => (/\s/.test(argument) ? maskWords(argument) : argument));
}

/** A command line as one line of text: what a shell would split is quoted, what a terminal would obey is escaped. */
export function printCommandLine(argv: readonly string[]): string {
  return printable(
    argv
      .map((argument) =>
        argv.length > 1 && /^$|[\s"'\\]/.test(argument) ? `'${argument.replaceAll("'", "'\\''")}'` : argument,
      )
      .join(" "),
  );
}

/** Masks a value whole by its name, and otherwise what in it looks secret: options, URLs, JSON, `Password=x;`. */
export function maskValue(name: string, value: string): string {
  if (value === "") return value;
  if (looksSecret(name)) return MASK;
  const [masked = ""] = maskCommandLine([value]);
  // From the beginning of each word only, as in `maskUrls`.
  return masked.replace(/(?<![\w.-])([\w.-]+)=([^;&\s]+)/g, (whole, key: string) =>
    looksSecret(key) ? `${key}=${MASK}` : whole,
  );
}

function maskWords(text: string): string {
  // The separators are kept at the odd places, so that only the words are looked at.
  const parts = text.split(/(\s+)/);
  const words = maskArguments(parts.filter((_, index) => index % 2 === 0));
  return parts.map((part, index) => (index % 2 === 0 ? (words[index / 2] ?? part) : part)).join("");
}
