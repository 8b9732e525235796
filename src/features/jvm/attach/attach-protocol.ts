import { AppError } from "../../../base/errors.ts";

/**
 * What is said on HotSpot's attach socket (attachListener_posix.cpp of OpenJDK). Version 1, known to all: a command with
 * exactly three arguments; version 2, since Java 24: the length, then a command with any number of them. The answer is a
 * code on a line of its own, then text up to the end of the connection.
 */

/** The versions of the protocol. */
export type AttachVersion = 1 | 2;

/** What version 1 bears. */
const ARGUMENTS_OF_1 = 3;
const MAX_NAME_OF_1 = 16;
const MAX_ARGUMENT_OF_1 = 1_024;
/** What version 2 bears, all together. */
const MAX_BYTES_OF_2 = 262_144;

/** Writes a request; throws a RangeError for what the version can't bear. That is a fault of ours. */
export function attachRequest(version: AttachVersion, command: string, args: readonly string[]): Buffer {
  if ([command, ...args].some((text) => text.includes("\0"))) throw new RangeError("a NUL ends an argument");
  if (version === 2) {
    const body = Buffer.from([command, ...args].map((text) => `${text}\0`).join(""));
    if (body.length > MAX_BYTES_OF_2) throw new RangeError(`${body.length} bytes are too many for a request`);
    return Buffer.concat([Buffer.from(`2\0${body.length}\0`), body]);
  }
  const isTooLong = args.some((text) => Buffer.byteLength(text) > MAX_ARGUMENT_OF_1);
  if (args.length > ARGUMENTS_OF_1 || command.length > MAX_NAME_OF_1 || isTooLong) {
    throw new RangeError(`${command} with ${args.length} arguments is more than version 1 bears`);
  }
  const three = [...args, "", "", ""].slice(0, ARGUMENTS_OF_1);
  return Buffer.from(["1", command, ...three].map((text) => `${text}\0`).join(""));
}

/**
 * The text of an answer.
 * @throws {AppError} `jvm-refused` with the JVM's own words, or `core-protocol-error` for what is no answer.
 */
export function attachAnswer(bytes: Buffer, what: string): string {
  const stop = bytes.subarray(0, 16).indexOf("\n");
  const code = stop === -1 ? "" : bytes.toString("latin1", 0, stop);
  if (!/^-?\d{1,10}$/.test(code)) {
    throw new AppError("core-protocol-error", `The JVM's answer to ${what} is none of HotSpot's.`, {
      remedy: "GET jvm/{pid} reads what can be read without its answers.",
    });
  }
  const text = bytes.toString("utf8", stop + 1);
  if (code === "0") return text;
  const words = text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";
  throw new AppError("jvm-refused", `The JVM refuses ${what} (code ${code}): ${words}`, {
    remedy: "GET jvm/{pid}/commands lists what this JVM offers.",
  });
}

/** The version that a JVM offers, by its answer to `getversion`; older ones don't know that command. */
export function offeredVersion(bytes: Buffer): AttachVersion {
  return /^0\n[2-9]\b/.test(bytes.toString("latin1", 0, 16)) ? 2 : 1;
}
