import { createHash, createPrivateKey, sign, X509Certificate } from "node:crypto";

/*
 * selfsigned writes no key identifiers, and RFC 5280 section 4.2.1 asks for them: whoever checks strictly (Python 3.13
 * by default, `openssl verify -x509_strict`) refuses a chain without. So both are added here and the certificate is
 * signed again. DER (X.690) is read and written only as far as that needs.
 */

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const EXTENSIONS = 0xa3;
/** 2.5.29.14 and 2.5.29.35, as encoded object identifiers. */
const SUBJECT_KEY_IDENTIFIER = Buffer.from("0603551d0e", "hex");
const AUTHORITY_KEY_IDENTIFIER = Buffer.from("0603551d23", "hex");

/** One element: its tag, its content, and all of its bytes. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

/**
 * Adds the subject key identifier and, where an issuer with one is given, the authority key identifier to a
 * certificate, and signs it again (ECDSA with SHA-256).
 * @param issuer The issuer's certificate; undefined where the certificate signs itself.
 * @param issuerKeyPem The EC key that signs: the issuer's, or the certificate's own.
 */
export function withKeyIdentifiers(
  certPem: string,
  issuer: X509Certificate | undefined,
  issuerKeyPem: string,
): string {
  const [tbs, algorithm] = childrenOf(elementAt(new X509Certificate(certPem).raw, 0));
  const fields = tbs === undefined ? [] : childrenOf(tbs);
  const list = fields.find((field) => field.tag === EXTENSIONS);
  // RFC 5280 section 4.1: version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
  const publicKey = fields[6];
  if (algorithm === undefined || list === undefined || publicKey === undefined) {
    throw new TypeError("This is not a version 3 certificate with extensions.");
  }
  const authority = issuer === undefined ? undefined : subjectKeyIdentifier(issuer);
  const added = [extension(SUBJECT_KEY_IDENTIFIER, encode(OCTET_STRING, keyIdentifierOf(publicKey)))];
  if (authority !== undefined) {
    // KeyIdentifier is [0] IMPLICIT (RFC 5280 appendix A.2).
    added.push(extension(AUTHORITY_KEY_IDENTIFIER, encode(SEQUENCE, encode(0x80, authority))));
  }
  const extensions = encode(
    EXTENSIONS,
    encode(SEQUENCE, elementAt(list.content, 0).content, Buffer.concat(added)),
  );
  const body = encode(
    SEQUENCE,
    ...fields.map((field) => (field.tag === EXTENSIONS ? extensions : field.bytes)),
  );
  const signature = sign("sha256", body, createPrivateKey(issuerKeyPem));
  const certificate = encode(
    SEQUENCE,
    body,
    algorithm.bytes,
    encode(BIT_STRING, Buffer.from([0]), signature),
  );
  return new X509Certificate(certificate).toString();
}

/** The subject key identifier that a certificate carries, or undefined. */
function subjectKeyIdentifier(certificate: X509Certificate): Buffer | undefined {
  const [tbs] = childrenOf(elementAt(certificate.raw, 0));
  const list = tbs === undefined ? undefined : childrenOf(tbs).find((field) => field.tag === EXTENSIONS);
  if (list === undefined) return undefined;
  for (const entry of childrenOf(elementAt(list.content, 0))) {
    const parts = childrenOf(entry);
    if (parts[0]?.bytes.equals(SUBJECT_KEY_IDENTIFIER) === true) {
      const value = parts.at(-1);
      return value === undefined ? undefined : elementAt(value.content, 0).content;
    }
  }
  return undefined;
}

/** The leftmost 160 bits of the SHA-256 of the key's bits (RFC 7093 section 2, method 1). */
function keyIdentifierOf(subjectPublicKeyInfo: Element): Buffer {
  const bits = childrenOf(subjectPublicKeyInfo)[1];
  // The first byte of a BIT STRING counts its unused bits.
  const key = bits?.content.subarray(1) ?? Buffer.alloc(0);
  return createHash("sha256").update(key).digest().subarray(0, 20);
}

function extension(identifier: Buffer, value: Buffer): Buffer {
  return encode(SEQUENCE, identifier, encode(OCTET_STRING, value));
}

function childrenOf(element: Element): Element[] {
  const children: Element[] = [];
  for (let at = 0; at < element.content.length; ) {
    const child = elementAt(element.content, at);
    children.push(child);
    at += child.bytes.length;
  }
  return children;
}

function elementAt(der: Buffer, at: number): Element {
  const first = der.readUInt8(at + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  const content = der.subarray(start, start + length);
  return { tag: der.readUInt8(at), content, bytes: der.subarray(at, start + length) };
}

function encode(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const shortest = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | shortest.length]), shortest, content]);
}
