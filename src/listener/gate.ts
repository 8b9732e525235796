/**
 * The gate: looks once, at the raw request target, and says who answers. It never rewrites what goes to the core.
 */

/** What the gate says of a request. */
export type GateVerdict =
  /** The sidecar answers; `target` is in origin form, `authority` that of an absolute form. */
  | { readonly kind: "ours"; readonly target: string; readonly authority: string | undefined }
  /** The core answers; `target` goes out as it came, less the scheme and authority of an absolute form. */
  | { readonly kind: "core"; readonly target: string; readonly authority: string | undefined }
  /** Nobody: it only becomes ours after normalising, and a core might normalise it too. */
  | { readonly kind: "refused" };

/** Decides on a raw request target (RFC 9112 section 3.2). */
export type Gate = (rawTarget: string) => GateVerdict;

/** Absolute form (RFC 9112 section 3.2.2): its authority replaces the Host header. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/is;
/** Without one of these, normalising changes nothing but the case of letters. */
const NORMALISABLE = /[%\\;\s\p{Cc}\P{ASCII}]|\/\/|\/\.|\.(\/|$)/u;

/** Makes the gate of a prefix such as `/_sidecar`. */
export function createGate(prefix: string): Gate {
  const lowerPrefix = prefix.toLowerCase();
  // Nearly all targets: in origin form, nothing to normalise, and begun otherwise than what is ours.
  const plain = new RegExp(`^(?!${RegExp.escape(prefix)})(?:/[\\w-]+)+(?:\\.[\\w-]+)*/?(?:\\?[^#]*)?$`, "i");
  return (rawTarget) => {
    if (plain.test(rawTarget)) return { kind: "core", target: rawTarget, authority: undefined };
    const absolute = rawTarget.startsWith("/") ? null : ABSOLUTE_FORM.exec(rawTarget);
    const target = absolute === null ? rawTarget : originForm(absolute[2] ?? "");
    const path = pathOf(target);
    const authority = absolute?.[1];
    if (isUnder(path, prefix)) return { kind: "ours", target, authority };
    const seen = NORMALISABLE.test(path) ? normalise(path) : path.toLowerCase();
    if (isUnder(seen, lowerPrefix)) return { kind: "refused" };
    return { kind: "core", target, authority };
  };
}

function originForm(rest: string): string {
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

function isUnder(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/");
}

/**
 * The most that any server is known to normalise, all at once: percent-encoding (nested, overlong UTF-8, `%uXXXX`),
 * backslashes, path parameters (`;x`), empty and dot segments, compatibility forms of letters, case, and trailing
 * dots, blanks and control characters of a segment. It refuses too much rather than too little (CVE-2019-9901,
 * CVE-2021-29492 are of this kind); only the gate's verdict depends on it, never the bytes that are forwarded.
 */
function normalise(path: string): string {
  const decoded = decodeRepeatedly(path).normalize("NFKC").toLowerCase().replaceAll("\\", "/");
  const kept: string[] = [];
  for (const raw of decoded.split(/[/?#]/)) {
    const segment = (raw.split(";", 1)[0] ?? "").replace(/^[\s\p{Cc}]+|[\s\p{Cc}]+$/gu, "");
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment.replace(/\.+$/, ""));
  }
  return `/${kept.join("/")}`;
}

const MAX_NESTING = 8;

function decodeRepeatedly(path: string): string {
  let text = Buffer.from(path, "utf8").toString("latin1");
  for (let round = 0; round < MAX_NESTING; round++) {
    const next = text
      .replace(/%u([0-9a-f]{4})/gi, (_, hex: string) =>
        utf8Bytes(String.fromCharCode(Number.parseInt(hex, 16))),
      )
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/[\xc0\xc1]([\x80-\xbf])/g, overlong);
    if (next === text) break;
    text = next;
  }
  return Buffer.from(text, "latin1").toString("utf8");
}

/** Two bytes where one would do (RFC 3629 section 3 forbids it, old decoders take it). */
function overlong(pair: string): string {
  return String.fromCharCode(((pair.charCodeAt(0) & 0x1f) << 6) | (pair.charCodeAt(1) & 0x3f));
}

function utf8Bytes(character: string): string {
  return Buffer.from(character, "utf8").toString("latin1");
}
