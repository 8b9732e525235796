import { constants } from "node:os";

/**
 * The one error type of the project and the table of its codes.
 * A code is part of the API: it is never renamed, and its status never changes.
 */

const CODES = {
  "bad-request": { status: 400, title: "The request is malformed" },
  "invalid-parameter": { status: 400, title: "A parameter is not valid" },
  unauthenticated: { status: 401, title: "A credential is needed" },
  "token-expired": { status: 401, title: "The token has expired" },
  "role-required": { status: 403, title: "Your role does not allow this" },
  "origin-refused": { status: 403, title: "The request comes from another site" },
  "permission-denied": { status: 403, title: "The operating system refuses" },
  "touch-not-allowed": { status: 403, title: "The settings do not allow to touch JVMs so far" },
  "mbean-not-allowed": { status: 403, title: "The settings do not allow to change this MBean so" },
  "signal-not-allowed": { status: 403, title: "The settings do not allow this signal" },
  "not-found": { status: 404, title: "Not found" },
  "process-not-found": { status: 404, title: "No such process" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  "not-acceptable": { status: 406, title: "None of the accepted media types can be given" },
  "request-timeout": { status: 408, title: "The request took too long" },
  "already-traced": { status: 409, title: "The process is already being traced" },
  "process-not-traceable": { status: 409, title: "This process can't be traced" },
  "not-a-jvm": { status: 409, title: "This process is no JVM of the app" },
  "jvm-not-attachable": { status: 409, title: "This JVM can't be talked to" },
  "jmx-not-open": { status: 409, title: "The MBeans of this JVM can't be reached" },
  "jvm-refused": { status: 409, title: "The JVM does not do this" },
  "process-not-signalable": { status: 409, title: "This process can't be sent this signal" },
  conflict: { status: 409, title: "The state of the resource does not allow this" },
  "precondition-failed": { status: 412, title: "The resource has changed since it was read" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The body's media type is not supported" },
  "expectation-failed": { status: 417, title: "The expectation can't be met" },
  "host-refused": { status: 421, title: "The Host is not one of ours" },
  "content-invalid": { status: 422, title: "The content is not valid" },
  "change-rolled-back": { status: 422, title: "The app did not take the change" },
  "precondition-required": { status: 428, title: "An If-Match header is needed" },
  "limit-reached": { status: 429, title: "A limit is reached" },
  "header-too-large": { status: 431, title: "The header is too large" },
  internal: { status: 500, title: "An unexpected error" },
  "not-supported": { status: 501, title: "Not possible on this platform" },
  "method-unknown": { status: 501, title: "The method is not known" },
  "protocol-unknown": { status: 501, title: "The protocol is not known" },
  "core-protocol-error": { status: 502, title: "The app's answer could not be understood" },
  "core-reset": { status: 502, title: "The app closed the connection before it answered" },
  "core-unavailable": { status: 503, title: "The app is not reachable" },
  "core-busy": { status: 503, title: "Too many requests are waiting for the app" },
  "shutting-down": { status: 503, title: "The sidecar is shutting down" },
  "core-timeout": { status: 504, title: "The app did not answer in time" },
  "check-timeout": { status: 504, title: "The check of the content did not end in time" },
  "version-not-supported": { status: 505, title: "The version of HTTP is not supported" },
  "storage-full": { status: 507, title: "No room is left" },
} as const satisfies Record<string, { status: number; title: string }>;

/** A stable name for a kind of failure, as clients see it in `code`. */
export type ErrorCode = keyof typeof CODES;

/** Tells whether a text is a code of ours. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(CODES, text);
}

/** One place in the input that is wrong; `pointer` is a JSON pointer (RFC 6901) or a parameter's name. */
export interface InputError {
  readonly pointer: string;
  readonly detail: string;
  readonly line?: number;
  readonly column?: number;
}

/** What an {@link AppError} may carry beside its code and detail. */
export interface AppErrorOptions {
  readonly cause?: unknown;
  /** The one line that mends it: a compose key, a capability, a setting. */
  readonly remedy?: string;
  readonly errors?: readonly InputError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem document, as RFC 9457 section 3.2 allows. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A failure that a client may be told about; everything else is answered as a 500 that hides its detail. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly remedy: string | undefined;
  readonly errors: readonly InputError[];
  readonly headers: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.status = CODES[code].status;
    this.title = CODES[code].title;
    this.remedy = options.remedy;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.extra = options.extra ?? {};
  }
}

/** A failure at start that the person at the terminal can mend: printed as text, without a stack. */
export class StartError extends Error {
  readonly remedy: string | undefined;

  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "StartError";
    this.remedy = options.remedy;
  }
}

/** Every code with its status and title, for the documentation. */
export function errorCodes(): ReadonlyMap<ErrorCode, { status: number; title: string }> {
  return new Map(Object.entries(CODES) as [ErrorCode, { status: number; title: string }][]);
}

/** Tells whether `error` is a system error with one of these codes (`ENOENT`, `EACCES`…). */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  if (codes.includes(String(error.code))) return true;
  // libuv has no name for it: its code is "Unknown system error -122".
  return codes.includes("EDQUOT") && "errno" in error && error.errno === -constants.errno.EDQUOT;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
