import { CLOSE, COMMA, CUT, endOfAnnotation, endOfString, isWordCode, LESS, QUOTE } from "./scan.ts";

const RESUMING = "<... resuming interrupted ";
const STAR = 0x2a;

/** What is done at a character: nothing, a token is passed, or the depth within brackets changes. */
const PLAIN = 0;
const TOKEN = 1;
const OPENING = 2;
const CLOSING = 3;
const SEPARATOR = 4;

const ACTIONS = new Uint8Array(256);
for (const [characters, action] of [
  ['"</', TOKEN],
  ["([{", OPENING],
  [")]}", CLOSING],
  [",", SEPARATOR],
] as const) {
  for (const character of characters) ACTIONS[character.charCodeAt(0)] = action;
}

/** Whether the arguments are cut off here, because the thread was killed before strace could read the rest. */
export function startsCut(text: string, at: number): boolean {
  return text.charCodeAt(at) === LESS && text.startsWith(CUT, at);
}

/**
 * The index of the comma or the closing bracket after an argument, or of `<unfinished ...>` wherever it is; -1 where there
 * is none, but the length where the text may end early.
 * @param first where the first argument begins.
 */
export function endOfArgument(text: string, start: number, first: number, mayEndEarly: boolean): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const action = ACTIONS[text.charCodeAt(at)];
    if (action === PLAIN) at += 1;
    else if (action === TOKEN) {
      const end = endOfToken(text, at, first);
      if (end <= at) return end;
      at = end;
    } else {
      if (depth === 0 && action !== OPENING) return endHere(text, at);
      depth += depthChange(action);
      at += 1;
    }
  }
  return mayEndEarly ? text.length : -1;
}

function endHere(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code === COMMA || code === CLOSE ? at : -1;
}

function depthChange(action: number | undefined): number {
  if (action === OPENING) return 1;
  return action === CLOSING ? -1 : 0;
}

/** The index after a token; that of its beginning where it cuts the arguments off; -1 where it has no end. */
function endOfToken(text: string, at: number, first: number): number {
  const code = text.charCodeAt(at);
  if (code === QUOTE) return endOfString(text, at);
  const next = text.charCodeAt(at + 1);
  if (code !== LESS) return next === STAR ? endOfComment(text, at) : at + 1;
  // What is annotated is a number or a name, which stands directly before. `1<<N` is no annotation.
  if (at > first && isWordCode(text.charCodeAt(at - 1))) {
    return next === LESS ? at + 2 : endOfAnnotation(text, at);
  }
  if (startsCut(text, at)) return at;
  return text.startsWith(RESUMING, at) ? endOfAnnotation(text, at) : at + 1;
}

/** A comment may hold brackets and commas of its own: `0x7ffd1af672c0 /* 3 vars *\/`. */
function endOfComment(text: string, start: number): number {
  const end = text.indexOf("*/", start + 2);
  return end === -1 ? -1 : end + 2;
}
