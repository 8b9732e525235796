import type { AnswerHead } from "../web/exchange.ts";
import type { ResponseHead } from "./core/response-head.ts";
import { connectionTokens, staysBehind } from "./headers.ts";

/**
 * The head of an answer as the client's side gets it: the core's own fields in their order and case, less what belongs to
 * the core's connection.
 */
export function answerHead(head: ResponseHead): AnswerHead {
  head.answer ??= madeOf(head);
  return head.answer;
}

function madeOf(head: ResponseHead): AnswerHead {
  const { status, reason, fields, framing, length, hasDate, namesFields } = head;
  const tokens = namesFields ? connectionTokens(fields) : NO_TOKENS;
  const drops = (lowerName: string) =>
    staysBehind(lowerName, tokens) ||
    // Announces what only chunks can carry.
    (lowerName === "trailer" && framing !== "chunked") ||
    // RFC 9110 section 8.6 forbids it, and clients wait for the bytes that it promises.
    (lowerName === "content-length" && (status < 200 || status === 204));
  return { status, reason, framing, length, hasDate, fields, drops, lines: undefined, block: undefined };
}

const NO_TOKENS: ReadonlySet<string> = new Set();

/** How long a connection may be kept, in milliseconds, where the core says it; undefined where it does not. */
export function keepAliveHintMs({ keepAliveSeconds }: ResponseHead): number | undefined {
  // A second less: what we send then must still arrive before the core has closed.
  return keepAliveSeconds === undefined ? undefined : Math.max(0, keepAliveSeconds * 1_000 - 1_000);
}
