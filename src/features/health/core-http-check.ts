import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Settings } from "../../settings/schema.ts";
import type { CheckResult, HealthCheck } from "../feature.ts";
import { explainFailure } from "./core-address.ts";

const MAX_DISCARDED_BYTES = 262_144;
const MAX_DISCARD_MS = 250;

/**
 * The check whether the core answers `GET <health.path>` with a status up to `health.maxStatus`. Redirects are answers
 * like any other and are not followed. Traffic stays away while it fails.
 */
export function coreHttpCheck(
  coreUrl: string,
  { path, maxStatus }: Pick<Settings["health"], "path" | "maxStatus">,
): HealthCheck {
  return {
    name: "core-http",
    affectsReadiness: true,
    async run(signal) {
      const startedMs = performance.now();
      let answer: IncomingMessage;
      try {
        answer = await headOf(coreUrl, path, signal);
      } catch (error) {
        signal.throwIfAborted();
        return { status: "fail", ...explainFailure(error, coreUrl) };
      }
      const responseMs = Math.round((performance.now() - startedMs) * 10) / 10;
      await discard(answer, signal);
      return judge(answer.statusCode ?? 0, responseMs, { path, maxStatus });
    },
  };
}

function headOf(coreUrl: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(new URL(coreUrl), {
    path,
    // A connection of its own: one out of a pool would not tell whether the app still accepts new ones.
    agent: new Agent({ keepAlive: false }),
    headers: { "User-Agent": "tickbird-health", Accept: "*/*", Connection: "close" },
    signal,
  })
    .on("response", resolve)
    .on("error", reject)
    .end();
  return promise;
}

/**
 * Reads the body to its end, so that the app does not log a client that hung up; but a page that is large or never ends
 * is not waited for.
 */
async function discard(answer: IncomingMessage, signal: AbortSignal): Promise<void> {
  let bytes = 0;
  answer.on("error", () => {});
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DISCARDED_BYTES) answer.destroy();
  });
  const cut = () => answer.destroy();
  const timer = setTimeout(cut, MAX_DISCARD_MS);
  signal.addEventListener("abort", cut, { once: true });
  // A body that the app cuts short is thrown away like any other.
  if (!answer.closed) await once(answer, "close").catch(() => undefined);
  clearTimeout(timer);
  signal.removeEventListener("abort", cut);
}

function judge(
  status: number,
  responseMs: number,
  { path, maxStatus }: { path: string; maxStatus: number },
): CheckResult {
  const figures = { status, responseMs };
  if (status <= maxStatus) {
    return { status: "pass", detail: `The app answered ${status} to GET ${path}.`, figures };
  }
  return {
    status: "fail",
    detail: `The app answered ${status} to GET ${path}; up to ${maxStatus} counts as healthy.`,
    remedy: "Set SIDECAR_HEALTH_PATH to a page that tells whether the app is well.",
    figures,
  };
}
