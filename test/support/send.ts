import { request } from "node:http";

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** The body as JSON; what a test makes of it, it says. */
  json<T = unknown>(): T;
}

/**
 * Sends one request over plain HTTP with exactly these headers: unlike `fetch`, which adds Fetch Metadata of its own and
 * refuses some names.
 */
export function send(
  url: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sending = request(url, { method, headers, agent: false }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("error", reject);
    answer.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const flat = Object.entries(answer.headers).map(([name, value]) => [name, value?.toString()]);
      resolve({
        status: answer.statusCode ?? 0,
        headers: Object.fromEntries(flat),
        text,
        json: () => JSON.parse(text),
      });
    });
  });
  sending.on("error", reject);
  sending.end(body);
  return promise;
}

/** The Authorization header of a Bearer token. */
export function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

/** The Authorization header of Basic credentials with the token as the password. */
export function basic(token: string, user = "anyone"): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}` };
}
