import type { Problem } from "./api-types.ts";

/** What goes wrong between the page and the sidecar, always as a problem (RFC 9457) that says what to do. */

/** The sidecar's refusal, or that it could not be asked. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** Undefined where no answer came at all. */
  readonly problem: Problem | undefined;
  /** Of the answer; 0 where the sidecar could not be reached, 504 where it is there and did not answer in time. */
  readonly status: number;

  constructor(message: string, status: number, problem?: Problem) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

/** The error for an answer that is not a success; reads its body. */
export async function errorOf(answer: Response): Promise<ApiError> {
  const problem = await problemIn(answer);
  const message = problem?.detail ?? `The sidecar answered with status ${answer.status}.`;
  return new ApiError(message, answer.status, problem);
}

/** What anything that was thrown says to a person. */
export function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What was thrown, as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(sayError(error));
}

/** Whether the sidecar could not be reached at all: the banner says that for the whole page. */
export function isLoss(error: unknown): boolean {
  return error instanceof ApiError && error.status === 0;
}

async function problemIn(answer: Response): Promise<Problem | undefined> {
  if (!answer.headers.get("Content-Type")?.startsWith("application/problem+json")) return undefined;
  try {
    const problem: Problem = await answer.json();
    return problem;
  } catch {
    return undefined;
  }
}
