/** How severe a line says it is, by the names that most logs have in common. */
export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

const NAMES: Readonly<Record<string, Level>> = {
  ...{ trace: "trace", finest: "trace", finer: "trace", verbose: "trace" },
  ...{ debug: "debug", fine: "debug", dbg: "debug" },
  ...{
    info: "info",
    information: "info",
    informational: "info",
    notice: "info",
    config: "info",
    log: "info",
  },
  ...{ warn: "warn", warning: "warn" },
  ...{ error: "error", err: "error", severe: "error", fail: "error" },
  ...{
    fatal: "fatal",
    critical: "fatal",
    crit: "fatal",
    alert: "fatal",
    emerg: "fatal",
    emergency: "fatal",
    panic: "fatal",
  },
};
/** Where a level stands: near the beginning. */
const HEAD_CHARS = 160;
/** `"level":"warn"`, `"severity": "ERROR"`, `level=info`. */
const MEMBER = /\b(?:level|severity|lvl|loglevel)"?\s*[:=]\s*"?([A-Za-z]+)/i;
/** pino and bunyan. */
const NUMBER = /"level"\s*:\s*(\d{2})\b/;
/** `[error]`, `ERROR:`, `<warn>`, `core:notice]`; a word in capitals; one that stands alone after a time. */
const WORD = /[[<(:]\s*([A-Za-z]{3,13})\s*(?=[\]>):])|\b([A-Z]{3,13})\b|\b([A-Za-z]{3,13}):/g;

/** klog's: `W1128 22:00:00.123456`. */
const LETTER = /^([IWEF])\d{4} \d\d:\d\d:\d\d/;
const LETTERS: Readonly<Record<string, Level>> = { I: "info", W: "warn", E: "error", F: "fatal" };

/** The level of a line; null where it has none that is known. */
export function levelOf(line: string): Level | null {
  const head = line.slice(0, HEAD_CHARS);
  if (head.startsWith("{") || head.includes("=")) {
    const named = levelNamed(MEMBER.exec(line.slice(0, 4 * HEAD_CHARS))?.[1]);
    if (named !== undefined) return named;
    const number = NUMBER.exec(line.slice(0, 4 * HEAD_CHARS))?.[1];
    if (number !== undefined)
      return LEVELS[Math.min(5, Math.max(0, Math.floor(Number(number) / 10) - 1))] ?? null;
  }
  const letter = LETTER.exec(head)?.[1];
  if (letter !== undefined) return LETTERS[letter] ?? null;
  for (const [, bracketed, capital, labelled] of head.matchAll(WORD)) {
    const level = levelNamed(bracketed ?? capital ?? labelled);
    if (level !== undefined) return level;
  }
  return null;
}

/**
 * Finds whatever a line of at least a level has in it, in a text of many lines: those without it need no look. Others have
 * it too.
 */
export function levelNames(least: Level): RegExp {
  const names = Object.keys(NAMES).filter((name) => isAtLeast(NAMES[name] ?? "trace", least));
  const shortest = names.filter((name) => !names.some((other) => other !== name && name.includes(other)));
  const index = LEVELS.indexOf(least);
  const number = `"level"\\s*:\\s*[${index === 0 ? 0 : index + 1}-9]\\d`;
  const letters = Object.keys(LETTERS).filter((letter) => isAtLeast(LETTERS[letter] ?? "trace", least));
  return new RegExp([...shortest, number, `^[${letters.join("")}]\\d{4} \\d\\d:`].join("|"), "gim");
}

/** Whether a level is at least as severe as another. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

function levelNamed(word: string | undefined): Level | undefined {
  if (word === undefined) return undefined;
  const name = word.toLowerCase();
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}
