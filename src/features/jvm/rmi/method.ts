import { createHash } from "node:crypto";
import { encodeModifiedUtf8 } from "../serialization/modified-utf8.ts";

/** A method of a remote interface, as a call names it. */
export interface RemoteMethod {
  readonly name: string;
  /** -1, but for the registry, whose stub is of the first version of the protocol. */
  readonly operation: number;
  readonly hash: bigint;
  /** Type codes: `L` and `[` are objects. */
  readonly parameters: readonly string[];
  /** A type code, or `V`. */
  readonly result: string;
  /** Whether it does no harm to call it twice: so it is done where the JVM closed the connection just then. */
  readonly isRepeatable: boolean;
}

/**
 * Describes a method.
 * @param signature its name and descriptor, as the JVM specification (section 4.3.3) writes it: `getDomains(Ljavax/security/auth/Subject;)[Ljava/lang/String;`.
 */
export function remoteMethod(signature: string, { isRepeatable = false } = {}): RemoteMethod {
  const [, name, parameters, result] = /^(\w+)\((.*)\)(.+)$/.exec(signature) ?? [];
  if (name === undefined || parameters === undefined || result === undefined) {
    throw new TypeError(`${signature} is no method's signature`);
  }
  return {
    name,
    operation: -1,
    hash: methodHash(signature),
    parameters: Array.from(parameters.matchAll(/\[*(?:L[^;]+;|[BCDFIJSZ])/g), ([type]) => type[0] ?? ""),
    result: result[0] ?? "V",
    isRepeatable,
  };
}

/** The first eight bytes, the lowest first, of SHA-1 over the signature (Java RMI Specification, section 8.3). */
function methodHash(signature: string): bigint {
  const text = encodeModifiedUtf8(signature);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return createHash("sha1").update(length).update(text).digest().readBigInt64LE(0);
}
