import type { Target } from "./argument.ts";
import { createKnownTexts } from "./known-texts.ts";
import { CLOSE, endOfString, GREATER, SLASH } from "./scan.ts";
import { unescapeText } from "./unescape.ts";

/** `TCP:[…]`, `UNIX-STREAM:[…]`; `socket` where strace knows no more, and `(null)`, a fault of strace 5.10. */
const SOCKET = /^(?:([A-Z][A-Z\d]*(?:v6)?(?:[-/][A-Z]+)*)|socket|\(null\)):\[(.*)\]$/s;
/** Its own inode, its peer's, and its own name, as Unix sockets have them. */
const INODES = /^(\d+)(?:->(\d+))?(?:,(.*))?$/s;
const DEVICE = /<((?:char|block) \d+:\d+)>$/;
const OLD_DELETED = " (deleted)";

/**
 * Reads what strace says a descriptor stands for: what is between `<` and `>`.
 * @param isDeleted whether `(deleted)` came after it. Before strace 5.15 it is the end of the path, and a file may have
 *   such a name: then it is taken for deleted.
 */
export function readTarget(text: string, isDeleted: boolean): Target {
  if (text.charCodeAt(0) === SLASH) return readFile(text, isDeleted);
  const socket = SOCKET.exec(text);
  if (socket === null) return { kind: "other", text };
  const [, protocol = null, within = ""] = socket;
  return readSocket(protocol, within);
}

/** What {@link readTarget} makes of a part of a text; of the same text the same, where that comes again and again. */
export function targetAt(text: string, start: number, end: number, isDeleted: boolean): Target {
  return isDeleted || start === end
    ? readTarget(text.slice(start, end), isDeleted)
    : knownTarget(text, start, end);
}

const knownTarget = createKnownTexts((text) => readTarget(text, false));

function readFile(text: string, isDeleted: boolean): Target {
  const last = text.charCodeAt(text.length - 1);
  if (last !== GREATER && last !== CLOSE) {
    return { kind: "file", path: unescapeText(text).value, isDeleted, device: null };
  }
  const device = text.endsWith(">") ? (DEVICE.exec(text)?.[1] ?? null) : null;
  const path = device === null ? text : text.slice(0, -device.length - 2);
  if (!isDeleted && path.endsWith(OLD_DELETED)) {
    return {
      kind: "file",
      path: unescapeText(path.slice(0, -OLD_DELETED.length)).value,
      isDeleted: true,
      device,
    };
  }
  return { kind: "file", path: unescapeText(path).value, isDeleted, device };
}

/** `115977`, `127.0.0.1:80`, `[::1]:80->[::1]:5000`, `69366->69360,"name"`, `69380,@"abstract"`, `ROUTE:7`. */
function readSocket(protocol: string | null, within: string): Target {
  const [, inode, peerInode = null, name] = INODES.exec(within) ?? [];
  if (inode !== undefined) {
    const local = name === undefined ? null : nameOf(name);
    return { kind: "socket", protocol, inode: Number(inode), local, peer: peerInode };
  }
  const arrow = within.indexOf("->");
  return {
    ...{ kind: "socket", protocol, inode: null },
    local: arrow === -1 ? within : within.slice(0, arrow),
    peer: arrow === -1 ? null : within.slice(arrow + 2),
  };
}

/** `"path"`, or `@"abstract"`, which keeps its `@`. */
function nameOf(text: string): string {
  const quote = text.indexOf('"');
  if (quote === -1) return text;
  const end = endOfString(text, quote);
  return text.slice(0, quote) + unescapeText(text.slice(quote + 1, end === -1 ? text.length : end - 1)).value;
}
