import type { Answers } from "./api-types.ts";
import { answers, connectionIsLost, connectionIsUp, connectionNeedsSignIn } from "./connection.ts";
import { pause } from "./pause.ts";
import { ApiError, errorOf } from "./problem.ts";
import { learnServerTime } from "./server-clock.ts";

/** Requests to the API: the same that any program can make, with the session's cookie as the credential. */

/** A route that answers JSON: `GET /processes/{pid}`. */
export type Route = keyof Answers;

/** What fills a request. */
export interface Request {
  /** What stands for `{name}` in the path. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, but for text. */
  readonly body?: unknown;
  /** Statuses that are no success, and whose answers are wanted all the same: `/health` of what is ill. */
  readonly statuses?: readonly number[];
  readonly signal?: AbortSignal;
  /** So long it is waited for an answer to begin. 15 s for what only reads, 10 minutes for the rest: a heap dump takes its time. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = { reads: 15_000, changes: 600_000 } as const;
/** From its beginning on, for what is answered in one piece. */
const WHOLE_MS = 60_000;
const TOO_LATE = "The sidecar is there, but has not answered this in time. Try it again.";

/** An answer with its headers. */
export interface Answered<T> {
  readonly body: T;
  readonly headers: Headers;
  readonly status: number;
}

/**
 * Asks a route and gives what it answers in JSON.
 * @throws ApiError for every refusal, and where the sidecar can't be reached.
 */
export async function ask<R extends Route>(route: R, request: Request = {}): Promise<Answers[R]> {
  const { body } = await askWhole(route, request);
  return body;
}

/** As {@link ask}, with the headers: `ETag`, `Location`. */
export async function askWhole<R extends Route>(
  route: R,
  request: Request = {},
): Promise<Answered<Answers[R]>> {
  const answer = await send(route, {
    ...request,
    headers: { Accept: "application/json", ...request.headers },
  });
  // The routes' types are generated from what the sidecar answers.
  const body = await jsonOf<Answers[R]>(answer, request.signal);
  return { body, headers: answer.headers, status: answer.status };
}

/**
 * Sends a request and gives the answer once its head is there, of any media type.
 * @param route a method and a path below the prefix, as in the OpenAPI document.
 * @throws ApiError unless the answer is a success, or of the `statuses`; an `AbortError` where the signal fired.
 */
export async function send(route: string, request: Request = {}): Promise<Response> {
  const method = methodOf(route);
  const { signal, headers, statuses = [] } = request;
  const content = contentOf(request.body);
  const patience = patienceWith(route, request);
  let answer: Response;
  try {
    answer = await fetch(pathOf(route, request), {
      method,
      headers: { ...content.headers, ...headers },
      cache: "no-store",
      signal: patience.signal,
      ...("body" in content ? { body: content.body } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    // It may be there, and wait itself: for a JVM that stands still.
    if (patience.isOver() && (await answers())) throw new ApiError(TOO_LATE, 504);
    connectionIsLost();
    throw new ApiError("The sidecar can't be reached.", 0);
  } finally {
    patience.end();
  }
  learnServerTime(answer.headers.get("Date"));
  if (answer.status === 401) connectionNeedsSignIn();
  else connectionIsUp();
  if (!answer.ok && !statuses.includes(answer.status)) throw await errorOf(answer);
  return answer;
}

/** The path of a request, relative to the page: for links and downloads. */
export function pathOf(route: string, { params = {}, query = {} }: Request = {}): string {
  const template = route.slice(route.indexOf("/") + 1);
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();
  // "./" keeps a path that is empty, or has a colon, below the prefix.
  return `./${path}${search === "" ? "" : `?${search}`}`;
}

function methodOf(route: string): string {
  const [method = "GET"] = route.split(" ", 1);
  return method;
}

interface Patience {
  readonly signal: AbortSignal;
  isOver(): boolean;
  end(): void;
}

/** A signal that fires with the request's own, or when no answer has begun in time: where packets just vanish, nothing else ends it. */
function patienceWith(route: string, { signal, patienceMs }: Request): Patience {
  const isReading = ["GET", "HEAD"].includes(methodOf(route));
  const tooLong = new AbortController();
  const timer = setTimeout(
    () => tooLong.abort(),
    patienceMs ?? (isReading ? PATIENCE_MS.reads : PATIENCE_MS.changes),
  );
  return {
    signal: signal === undefined ? tooLong.signal : AbortSignal.any([signal, tooLong.signal]),
    isOver: () => tooLong.signal.aborted,
    end: () => clearTimeout(timer),
  };
}

async function jsonOf<T>(answer: Response, signal: AbortSignal | undefined): Promise<T> {
  const whole = new AbortController();
  let text: string | undefined;
  try {
    text = await Promise.race([answer.text(), pause(WHOLE_MS, whole.signal).then(() => undefined)]);
  } catch (error) {
    if (signal?.aborted) throw error;
  } finally {
    whole.abort();
  }
  if (text === undefined) {
    connectionIsLost();
    throw new ApiError("The connection to the sidecar broke off in the middle of its answer.", 0);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError("What came is no answer of the sidecar's: it is no JSON.", answer.status);
  }
}

function contentOf(body: unknown): { headers?: Record<string, string>; body?: string } {
  if (body === undefined) return {};
  if (typeof body === "string") return { body };
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
