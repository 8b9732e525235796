/** The arguments of calls, typed where strace's text is certain. */

/** What a descriptor stands for. */
export type Target =
  | {
      readonly kind: "file";
      readonly path: string;
      /** It has no name any more. */
      readonly isDeleted: boolean;
      /** A device: `char 1:3`. */
      readonly device: string | null;
    }
  | {
      readonly kind: "socket";
      /** `TCP`, `UDPv6`, `UNIX-STREAM`…; null where it could not be told. */
      readonly protocol: string | null;
      /** As in `socket:[115977]`; null where strace has told the addresses instead. */
      readonly inode: number | null;
      /** Its address, or the name of a Unix socket; one that begins with `@` is abstract. Null where it has none yet. */
      readonly local: string | null;
      /** The address of the other end; of a Unix socket its name, or its inode where that is all that is known. */
      readonly peer: string | null;
    }
  /** `pipe:[7]`, `anon_inode:[eventpoll]` and whatever else there is, as strace wrote it. */
  | { readonly kind: "other"; readonly text: string };

/** One argument of a call. */
export type Argument =
  | PlainArgument
  /** `flags=CLONE_VM` */
  | { readonly kind: "named"; readonly name: string; readonly value: PlainArgument };

/** An argument without a name. */
export type PlainArgument =
  /** `value` is null beyond 2^53; `text` is there then, and where the number is not decimal. */
  | { readonly kind: "number"; readonly value: number | null; readonly text?: string }
  | StringArgument
  | DescriptorArgument
  /** A constant, or several that are joined by `|`; what has no name stands among them as a number. */
  | { readonly kind: "symbols"; readonly names: readonly string[] }
  | UnreadArgument
  | { readonly kind: "null" }
  /** As strace wrote it. */
  | { readonly kind: "structure" | "array" | "other"; readonly text: string };

/** What is behind an address that the engine does not follow: a text, a structure, a buffer. */
export interface UnreadArgument {
  readonly kind: "unread";
  readonly value: null;
  readonly reason: string;
  /** The address. */
  readonly text: string;
}

/** Text, or bytes. */
export interface StringArgument {
  readonly kind: "string";
  readonly value: string;
  /** `bytes` where it is no UTF-8: each character of `value` is one byte then. */
  readonly encoding: "utf-8" | "bytes";
  /** There was more of it than the limit for strings. */
  readonly isTruncated: boolean;
}

/** A file descriptor with what it stands for. Where that is not known, it is a bare `number`. */
export interface DescriptorArgument {
  readonly kind: "descriptor";
  /** Null for `AT_FDCWD`, the current folder. */
  readonly fd: number | null;
  readonly target: Target;
}
