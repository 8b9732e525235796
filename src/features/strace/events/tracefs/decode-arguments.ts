import type { ArgumentKind, Syscall, SyscallAbi } from "../../../../linux/tracefs/syscalls.ts";
import type { Argument, PlainArgument, UnreadArgument } from "../argument.ts";
import type { DescriptorTargets } from "./descriptor-targets.ts";

/** Whose arguments they are. */
export interface ArgumentContext {
  /** Null where its descriptors can't be looked up. */
  readonly pid: number | null;
  readonly abi: SyscallAbi | undefined;
  readonly targets: DescriptorTargets;
}

/** What is behind an address is not in the kernel's event. */
export const UNREAD_REASON = "tracefs tells numbers only, not what is in the memory of the app";

const HALF = 2 ** 32;
/** AT_FDCWD of openat(2). */
const CURRENT_FOLDER = -100;
const NULL: Argument = { kind: "null" };
const ALL_SIX: readonly ArgumentKind[] = ["bits", "bits", "bits", "bits", "bits", "bits"];

/**
 * Makes arguments of the six numbers that a call was made with.
 * @param words each number as its lower and its upper 32 bits.
 */
export function decodeArguments(syscall: Syscall, words: Uint32Array, context: ArgumentContext): Argument[] {
  const kinds = syscall.args ?? ALL_SIX;
  return kinds.map((kind, index) => {
    const high = context.abi === "ia32" ? 0 : (words[index * 2 + 1] ?? 0);
    return decodeArgument(kind, words[index * 2] ?? 0, high, context);
  });
}

function decodeArgument(kind: ArgumentKind, low: number, high: number, context: ArgumentContext): Argument {
  switch (kind) {
    case "descriptor":
      return descriptor(low | 0, context);
    case "path":
    case "address":
      return low === 0 && high === 0 ? NULL : unread(low, high);
    case "signed32":
      return { kind: "number", value: low | 0 };
    case "unsigned32":
      return { kind: "number", value: low };
    case "bits32":
      return inHex(low, 0);
    case "permissions":
      return permissions(low & 0xffff);
    case "signed":
      return decimal(context.abi === "ia32" ? low | 0 : (high | 0) * HALF + low, low, high | 0);
    case "size":
      return decimal(high * HALF + low, low, high);
    case "bits":
      return inHex(low, high);
  }
}

function descriptor(fd: number, { pid, targets }: ArgumentContext): Argument {
  if (fd === CURRENT_FOLDER) {
    const target = pid === null ? undefined : targets.folderOf(pid);
    return target === undefined
      ? { kind: "symbols", names: ["AT_FDCWD"] }
      : { kind: "descriptor", fd: null, target };
  }
  const target = pid === null || fd < 0 ? undefined : targets.targetOf(pid, fd);
  return target === undefined ? { kind: "number", value: fd } : { kind: "descriptor", fd, target };
}

function unread(low: number, high: number): UnreadArgument {
  return { kind: "unread", value: null, reason: UNREAD_REASON, text: hex(low, high) };
}

function permissions(value: number): PlainArgument {
  return value === 0 ? { kind: "number", value } : { kind: "number", value, text: `0${value.toString(8)}` };
}

function inHex(low: number, high: number): PlainArgument {
  const value = high * HALF + low;
  if (value === 0) return { kind: "number", value };
  return { kind: "number", value: Number.isSafeInteger(value) ? value : null, text: hex(low, high) };
}

function decimal(value: number, low: number, high: number): PlainArgument {
  if (Number.isSafeInteger(value)) return { kind: "number", value };
  return { kind: "number", value: null, text: String(BigInt(high) * BigInt(HALF) + BigInt(low)) };
}

/** A number as strace writes addresses. */
export function hex(low: number, high: number): string {
  return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, "0")}`;
}

/** A result: null where it is no safe integer. */
export function signedValue(low: number, high: number): number | null {
  const value = (high | 0) * HALF + (low >>> 0);
  return Number.isSafeInteger(value) ? value : null;
}
