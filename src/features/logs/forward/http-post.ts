import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "../../../base/errors.ts";
import type { LogForwardSettings } from "../../../settings/schema.ts";
import { VERSION } from "../../../version.ts";
import { failureOfConnection, SendError } from "./send-error.ts";
import { readNamed, type TlsFiles } from "./tls-files.ts";

/** An answer to a POST. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Its beginning. */
  readonly body: string;
}

/** Posts JSON to one URL, over connections that are kept. */
export interface Poster extends AsyncDisposable {
  /** @throws {SendError} `retry` where no answer came, `denied` where the receiver is not trusted. */
  post(json: string, signal: AbortSignal): Promise<PostAnswer>;
}

const MAX_ANSWER_BYTES = 65_536;
const compress = promisify(gzip);

/**
 * Makes one.
 * @throws {StartError} where a file with a credential can't be read.
 */
export function createPoster(
  settings: LogForwardSettings,
  tls: TlsFiles,
  headers: Readonly<Record<string, string>> = {},
): Poster {
  const { url, timeoutMs } = settings;
  const isHttps = url.startsWith("https:");
  const agent = isHttps ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true });
  const request = isHttps ? requestHttps : requestHttp;
  const authorize = authorizationOf(settings);
  const ask = async (body: Buffer, signal: AbortSignal): Promise<IncomingMessage> => {
    const authorization = await authorize();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(url, {
      ...{ method: "POST", agent, signal },
      headers: {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "Content-Length": body.length,
        "User-Agent": `tickbird/${VERSION}`,
        ...authorization,
        ...headers,
      },
    })
      .on("response", resolve)
      .on("error", reject)
      .end(body);
    return promise;
  };
  return {
    async post(json, signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const answer = await ask(await compress(json), limit);
        const body = await beginningOf(answer);
        const retryAfterMs = retryAfter(answer.headers["retry-after"], Date.now());
        return { status: answer.statusCode ?? 0, retryAfterMs, body };
      } catch (error) {
        throw signal.aborted ? error : failureOfConnection(error, url, limit.aborted, "Raise timeoutMs.");
      }
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
    },
  };
}

/** Reads the credential anew for each batch: files of secrets are replaced while we run. */
function authorizationOf({ tokenFile, user, passwordFile }: LogForwardSettings) {
  const read = async (path: string): Promise<string> => {
    try {
      return (await readFile(path, "utf8")).trim();
    } catch (error) {
      throw new SendError("denied", `The file ${path} can't be read: ${messageOf(error)}`, { cause: error });
    }
  };
  if (tokenFile !== undefined) {
    readNamed("tokenFile", tokenFile);
    return async () => ({ Authorization: `Bearer ${await read(tokenFile)}` });
  }
  if (passwordFile !== undefined) {
    readNamed("passwordFile", passwordFile);
    return async () => {
      const pair = Buffer.from(`${user}:${await read(passwordFile)}`).toString("base64");
      return { Authorization: `Basic ${pair}` };
    };
  }
  return async () => ({});
}

/** Reads it whole, so that the connection can be used again, and keeps its beginning. */
async function beginningOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    if (bytes < MAX_ANSWER_BYTES) pieces.push(piece.subarray(0, MAX_ANSWER_BYTES - bytes));
    bytes += piece.length;
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - nowMs);
}

/** What an answer means that is none of success. */
export function refusalOf(
  { status, retryAfterMs, body }: PostAnswer,
  url: string,
  failure: "retry" | "refused" | "denied",
): SendError {
  // Some answer with a message of protobuf, whatever they were sent: its text can be read all the same.
  const said = body
    .replace(/[\s\p{Cc}\uFFFD]+/gu, " ")
    .trim()
    .slice(0, 200);
  const remedy = REMEDIES[status];
  return new SendError(failure, `${url} answers ${status}${said === "" ? "" : `: ${said}`}`, {
    ...{ retryAfterMs, remedy },
  });
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: "Give a credential that it takes: tokenFile, or user and passwordFile.",
  403: "Give a credential that may write there: tokenFile, or user and passwordFile.",
  404: "Correct the path in url.",
  405: "Correct the path in url.",
};
