import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/** What handshakes use: the certificate and the session ticket keys, which both may be replaced at any time. */
export interface HandshakeMaterial {
  current(): { readonly certPem: string; readonly keyPem: string };
  /** 48 bytes, as `tls.createServer` wants them. */
  ticketKeys(): Buffer;
  /** Calls `listener` after every change. */
  onChange(listener: () => void): void;
}

/** TLS 1.3, and of TLS 1.2 only what is authenticated encryption with forward secrecy (RFC 9325 section 4.2). */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/**
 * What every handshake uses; complete each time, since replacing the context forgets what is left out.
 * @param clientCa signs the client certificates that are asked for; undefined asks for none.
 */
export function tlsOptions(
  material: HandshakeMaterial,
  clientCa?: string | undefined,
): SecureContextOptions & { ticketKeys: Buffer } {
  const { certPem, keyPem } = material.current();
  return {
    cert: certPem,
    key: keyPem,
    ciphers: CIPHERS,
    honorCipherOrder: true,
    minVersion: "TLSv1.2",
    // Nobody needs it, and each one costs us far more than the client (RFC 9325 section 3.5).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ticketKeys: material.ticketKeys(),
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  };
}
