/** A certificate chain and its key, checked, with the facts of the leaf. */
export interface TlsMaterial {
  /** The chain as PEM, the leaf first. */
  readonly certPem: string;
  /** The leaf's private key as PEM, unencrypted. */
  readonly keyPem: string;
  /** Made here, or given by the user. */
  readonly source: "self-made" | "files";
  readonly expiresAt: Date;
  readonly notBefore: Date;
  /** The DNS names and IP addresses of the subjectAltName extension (RFC 5280 section 4.2.1.6). */
  readonly names: readonly string[];
  /** SHA-256 of the leaf, as `AB:CD:…`. */
  readonly fingerprint256: string;
  readonly subject: string;
  readonly issuer: string;
}

/** Why the certificate that should be in use is not, or why the one in use won't do for long. */
export interface CertificateProblem {
  readonly detail: string;
  /** The one line that mends it. */
  readonly remedy: string;
  /** Since when it is so. */
  readonly since: Date;
}

/** The public facts of the certificate in use: nothing in it is secret. */
export interface CertificateStatus {
  readonly source: "self-made" | "files";
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly expiresAt: Date;
  readonly fingerprint256: string;
  /** When a self-made one is renewed by itself; null where the user gives the files. */
  readonly renewsAt: Date | null;
  /** Why the last replacement was refused; null when all is well. */
  readonly problem: CertificateProblem | null;
}

/** Where the certificate comes from: the user's files, or our own hand. */
export interface CertificateSource {
  /** How often {@link look} is to be called. */
  readonly intervalMs: number;
  current(): TlsMaterial;
  caPem(): string | null;
  renewsAt(): Date | null;
  /** Why the last replacement was refused; null when it was not. */
  problem(): CertificateProblem | null;
  /**
   * Looks for a change and takes it over; true where {@link current} is another one now. Never rejects for what is
   * wrong with a certificate or a file: that is kept as the problem, and logged once.
   * @param thorough As at SIGHUP: everything is read again, and no allowance is made for a change that is under way.
   */
  look(thorough: boolean): Promise<boolean>;
}
