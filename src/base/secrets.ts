/** Which names look secret, and how a secret is written where people and logs can see it. */

/** What stands in place of a secret, everywhere. */
export const MASK = "******";

const SECRET_NAME = new RegExp(
  [
    "passw|passphrase|pwd|(^|[^a-z])(pass|pw|auth|salt)$|(db|pg|my|user|smtp|mail|ldap|root|admin|redis|key|store|trust)pass$",
    "secret|token|credential|jwt|bearer|cookie|connection[-_.]?string|(^|[-_.])dsn$",
    "api[-_.]?key|(private|access|signing|encryption|account|storage|shared)[-_.]?key|key[-_.]?(id|value)$",
  ].join("|"),
  "i",
);

/** Tells whether a key, an option or a variable of this name usually holds a secret. */
export function looksSecret(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Replaces the password in every URL of `text` (`scheme://user:password@host`, RFC 3986 section 3.2.1). */
export function maskUrls(text: string): string {
  // What looks like a scheme is tried from its beginning only: a text of one long word would else take quadratic time.
  return text.replace(/(?<![a-z0-9+.-])([a-z0-9+.-]+:\/\/[^\s:/?#@]*):[^\s/?#@]+@/gi, `$1:${MASK}@`);
}

/** Replaces the values of secret-looking members where a text holds JSON: `"password": "x"`. */
function maskMembers(text: string): string {
  return text.replace(/"([^"\\]+)"(\s*:\s*)"(?:[^"\\]|\\.)*"/g, (member, name: string, colon: string) =>
    looksSecret(name) ? `"${name}"${colon}"${MASK}"` : member,
  );
}

/**
 * Masks the secrets of a command line: `--password=x`, `--token x`, `-Dkey.secret=x`, `TOKEN=x`, URLs with a
 * password, and members of JSON. A heuristic: what carries a secret under a harmless name is not found.
 */
export function maskArguments(argv: readonly string[]): string[] {
  let nextIsSecret = false;
  return argv.map((argument) => {
    if (nextIsSecret) {
      nextIsSecret = false;
      return MASK;
    }
    const assignment = /^(-{0,2}[A-Za-z0-9_.-]+)([=:])(.*)$/s.exec(argument);
    const name = assignment?.[1];
    if (name !== undefined && assignment?.[3] !== "" && looksSecret(name)) {
      return `${name}${assignment?.[2]}${MASK}`;
    }
    nextIsSecret = assignment === null && /^--?[A-Za-z]/.test(argument) && looksSecret(argument);
    return maskUrls(maskMembers(argument));
  });
}
