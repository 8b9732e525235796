import { maskValue } from "../../base/command-line.ts";
import { MASK, maskArguments } from "../../base/secrets.ts";

/**
 * Masks a command line that the JVM keeps as one text, and gives its words. Where a value had blanks in it can't be
 * told any more: what follows a masked word is masked with it, up to the next option.
 */
export function maskJvmArguments(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const masked = maskArguments(words);
  const shown: string[] = [];
  let isWithinSecret = false;
  words.forEach((word, index) => {
    const mask = masked[index] ?? MASK;
    if (isWithinSecret && !word.startsWith("-")) return;
    isWithinSecret = mask !== word && mask.endsWith(MASK);
    shown.push(isWithinSecret ? mask : maskValue("", mask));
  });
  return shown;
}
