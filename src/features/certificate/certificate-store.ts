/** The certificate in use, as this feature needs it: public facts only. Whoever owns the listener gives it. */
export interface CertificateFacts {
  readonly source: "self-made" | "files";
  readonly subject: string;
  readonly issuer: string;
  /** Host names and IP addresses. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly expiresAt: Date;
  /** SHA-256 of the certificate, as `AB:CD:…`. */
  readonly fingerprint256: string;
  /** When it is renewed by itself; null where the user gives the files. */
  readonly renewsAt: Date | null;
  /** What is wrong with it or with its replacement; null when all is well. */
  readonly problem: { readonly detail: string; readonly remedy: string; readonly since: Date } | null;
}

/** Where the facts come from. */
export interface CertificateFactsStore {
  status(): CertificateFacts;
  /** The local CA as PEM; null where the user gives the certificate. */
  caPem(): string | null;
}
