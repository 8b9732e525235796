import { request } from "node:http";

/** A call to the core. */
export interface CoreCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly timeoutMs: number;
  /** How much of the body of the answer is waited for. */
  readonly maxBodyBytes: number;
}

/** What the core answered. */
export interface CoreAnswer {
  readonly status: number;
  /** Its beginning. */
  readonly body: string;
}

/**
 * Calls the core past the forwarder.
 * @throws what the connection failed with; a `TimeoutError` or `AbortError`.
 */
export async function callCore(
  { method, path, timeoutMs, maxBodyBytes }: CoreCall,
  coreUrl: string,
  stop?: AbortSignal,
): Promise<CoreAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<CoreAnswer>();
  const timeout = AbortSignal.timeout(timeoutMs);
  // Not by a URL made of both: a path that begins with `//` would name another host.
  const call = request(coreUrl, {
    path,
    method,
    agent: false,
    signal: stop === undefined ? timeout : AbortSignal.any([timeout, stop]),
    headers: { "User-Agent": "tickbird", ...(method === "GET" ? {} : { "Content-Length": 0 }) },
  });
  call.on("response", (answer) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = () => {
      const body = Buffer.concat(chunks).subarray(0, maxBodyBytes).toString("utf8");
      resolve({ status: answer.statusCode ?? 0, body });
      answer.destroy();
    };
    answer.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= maxBodyBytes) done();
    });
    answer.on("end", done).on("error", reject);
    if (maxBodyBytes === 0) done();
  });
  call.on("error", reject);
  call.end();
  return await promise;
}
