import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { messageOf, StartError } from "../base/errors.ts";
import { readOrCreateSecret, readSecret } from "../linux/secret-file.ts";
import type { Settings } from "../settings/schema.ts";
import { createTokenCheck, type TokenCheck, type TokenEntry } from "./credentials.ts";

/** The tokens that are valid, and the one that was made where the settings name none. */
export interface LoadedTokens {
  readonly entries: readonly TokenEntry[];
  readonly generated: { readonly token: string; readonly path: string; readonly isNew: boolean } | null;
}

/** The tokens in force; a reload replaces them under those who hold the check. */
export interface Tokens {
  readonly check: TokenCheck;
  /** The token that was made because the settings name none. */
  readonly generated: LoadedTokens["generated"];
  /** Takes over other tokens. @throws {StartError} and those in force stay so. */
  reload(settings: TokenSettings): Promise<void>;
}

type TokenSettings = Pick<Settings, "auth" | "certs">;

const MIN_LENGTH = 16;

/** Loads the tokens for the first time. @throws {StartError} as {@link loadTokens}. */
export async function openTokens(settings: TokenSettings): Promise<Tokens> {
  const { entries, generated } = await loadTokens(settings);
  let current = createTokenCheck(entries);
  return {
    check: (token) => current(token),
    generated,
    async reload(next) {
      current = createTokenCheck((await loadTokens(next)).entries);
    },
  };
}

/**
 * Collects the tokens of the settings; where there is none, the generated one of the state folder.
 * @throws {StartError} when a token file can't be read, holds too short a token, or can't be made.
 */
export async function loadTokens(settings: TokenSettings): Promise<LoadedTokens> {
  const { auth, certs } = settings;
  const entries: TokenEntry[] = [...auth.tokens];
  if (auth.token !== undefined) entries.push({ name: "operator", role: "operator", token: auth.token });
  if (auth.tokenFile !== undefined) {
    entries.push({ name: "operator", role: "operator", token: await readTokenFile(auth.tokenFile) });
  }
  if (!auth.enabled || entries.length > 0) return { entries, generated: null };

  const path = join(certs.dir, "auth-token");
  try {
    const { secret, created } = await readOrCreateSecret(path, () => randomBytes(24).toString("base64url"));
    checkToken(secret, path);
    entries.push({ name: "operator", role: "operator", token: secret });
    return { entries, generated: { token: secret, path, isNew: created } };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The token can't be kept in ${path}: ${messageOf(error)}`, {
      cause: error,
      remedy: "Make SIDECAR_CERTS_DIR a writable folder, or set SIDECAR_AUTH_TOKEN.",
    });
  }
}

async function readTokenFile(path: string): Promise<string> {
  try {
    const token = await readSecret(path);
    checkToken(token, path);
    return token;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The token file ${path} can't be read: ${messageOf(error)}`, {
      cause: error,
      remedy: "Set SIDECAR_AUTH_TOKEN_FILE to a file that the sidecar's user can read.",
    });
  }
}

function checkToken(token: string, path: string): void {
  if (!/^[!-~]*$/.test(token)) {
    throw new StartError(`The token in ${path} has characters that can't travel in a header.`, {
      remedy: "Write one line of letters, digits and signs of ASCII.",
    });
  }
  if (token.length < MIN_LENGTH) {
    throw new StartError(`The token in ${path} has fewer than ${MIN_LENGTH} characters.`, {
      remedy: `Write a longer one, such as the output of: openssl rand -base64 24`,
    });
  }
}
