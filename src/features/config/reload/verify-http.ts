import { messageOf } from "../../../base/errors.ts";
import type { VerifySettings } from "../../../settings/schema.ts";
import { callCore } from "./call-core.ts";
import type { Look, PreparedCheck } from "./prepared-check.ts";

type HttpCheck = Extract<VerifySettings, { kind: "http" }>;

const BODY_BYTES = 65_536;

/**
 * Whether the app answers as it should, at each look for `stableMs` on end. One good answer says nothing: after a
 * signal the old workers, with the old configuration, go on answering until the new ones have started.
 */
export function prepareHttpCheck(check: HttpCheck, coreUrl: string): PreparedCheck {
  const { path, stableMs, timeoutMs } = check;
  let goodSinceMs: number | undefined;
  return {
    kind: "http",
    timeoutMs,
    async look(elapsedMs, signal) {
      const callTimeoutMs = Math.max(timeoutMs - elapsedMs, stableMs, 100);
      const call = { method: "GET", path, timeoutMs: callTimeoutMs, maxBodyBytes: BODY_BYTES };
      const answer = await callCore(call, coreUrl, signal).catch((error: unknown) => messageOf(error));
      if (typeof answer === "string") {
        goodSinceMs = undefined;
        return { passed: false, isFinal: false, detail: `The app did not answer GET ${path}: ${answer}.` };
      }
      const look = judge(answer, check);
      goodSinceMs = look.passed ? (goodSinceMs ?? elapsedMs) : undefined;
      return { ...look, isFinal: goodSinceMs !== undefined && elapsedMs - goodSinceMs >= stableMs };
    },
  };
}

function judge(
  { status, body }: { status: number; body: string },
  { path, minStatus, maxStatus, contains }: HttpCheck,
): Look {
  const shown = { status, body };
  const detail = `The app answered ${status} to GET ${path}`;
  if (status < minStatus || status > maxStatus) {
    return { ...shown, passed: false, detail: `${detail}; ${minStatus} to ${maxStatus} is wanted.` };
  }
  if (contains !== undefined && !body.includes(contains)) {
    return { ...shown, passed: false, detail: `${detail}, without the text ${JSON.stringify(contains)}.` };
  }
  return { ...shown, passed: true, detail: `${detail}.` };
}
