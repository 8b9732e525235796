import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { TLSSocket } from "node:tls";
import { messageOf, StartError } from "../base/errors.ts";
import type { ServerRequest } from "./http-types.ts";
import { toldClientOf } from "./told-client.ts";

/** Client certificates as credentials: the handshake has verified them, here they get a name. */

/**
 * The common name of the certificate that the client has shown, where it was signed by the CA of
 * `auth.clientCaFile`; undefined where none was shown, or it did not verify.
 */
export function clientCertificateName(request: ServerRequest): string | undefined {
  const told = toldClientOf(request);
  if (told !== undefined) return told.certificateName;
  return request.socket instanceof TLSSocket ? certificateNameOf(request.socket) : undefined;
}

/** The same of a connection. */
export function certificateNameOf(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const name = subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}

/**
 * Reads the CA that signs client certificates; undefined where the settings name none.
 * @throws {StartError} when there is no certificate in the file.
 */
export async function readClientCa(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const pem = await readFile(path, "utf8");
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new StartError(`The CA of client certificates can't be read from ${path}: ${messageOf(error)}`, {
      cause: error,
      remedy: "Set SIDECAR_AUTH_CLIENT_CA_FILE to a file with the CA's certificate (PEM).",
    });
  }
}
