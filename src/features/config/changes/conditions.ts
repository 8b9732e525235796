import { AppError } from "../../../base/errors.ts";

/** The conditions of a change: If-Match (RFC 9110 section 13.1.1), so that nobody overwrites what they have not seen. */
export type Condition =
  | { readonly kind: "any" }
  | { readonly kind: "one-of"; readonly etags: readonly string[] }
  /** There is no such file yet (`If-None-Match: *`, RFC 9110 section 13.1.2): one is made, and none overwritten. */
  | { readonly kind: "absent" };

/**
 * Reads the condition of a request that may make a file, too.
 * @throws {AppError} as {@link readCondition}; `bad-request` for an If-None-Match that is not `*`, or beside an If-Match.
 */
export function readPutCondition(headers: {
  readonly ifMatch: string;
  readonly ifNoneMatch: string;
}): Condition {
  const { ifMatch, ifNoneMatch } = headers;
  if (ifNoneMatch === "") return readCondition(ifMatch);
  if (ifNoneMatch.trim() === "*" && ifMatch === "") return { kind: "absent" };
  throw new AppError("bad-request", "A PUT with If-None-Match creates a file that is not there yet.", {
    remedy: "If-None-Match: *, alone, to create it; If-Match with its ETag to change it.",
  });
}

/**
 * Reads an If-Match header.
 * @throws {AppError} `precondition-required` where it is missing, `bad-request` where it is none.
 */
export function readCondition(header: string): Condition {
  const text = header.trim();
  if (text === "") {
    throw new AppError("precondition-required", "A change must say which content it was made for.", {
      remedy: 'If-Match: "<the ETag of the content you read>"',
    });
  }
  if (text === "*") return { kind: "any" };
  const etags = text.match(ENTITY_TAG) ?? [];
  if (etags.length === 0 || text.replace(ENTITY_TAG, "").replace(/[\s,]/g, "") !== "") {
    throw new AppError("bad-request", "The If-Match header is no list of entity tags.", {
      remedy: 'An entity tag stands in quotes: If-Match: "…"',
    });
  }
  return { kind: "one-of", etags };
}

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** Tells whether an If-None-Match header (RFC 9110 section 13.1.2) names a content: the client then has it already. */
export function isKnown(header: string, etag: string): boolean {
  return (
    header.trim() === "*" || (header.match(ENTITY_TAG) ?? []).some((tag) => tag.replace(/^W\//, "") === etag)
  );
}

/**
 * @param etag of the content that is there; null where there is no file.
 * @throws {AppError} `precondition-failed` where a content is not the one that is meant. Weak tags never match.
 */
export function checkCondition(condition: Condition, etag: string | null): void {
  if (etag === null || condition.kind === "any") return;
  if (condition.kind === "absent") {
    throw new AppError("precondition-failed", "The file is there already.", {
      remedy: "Read it, and send the change with If-Match and its ETag.",
      headers: { ETag: etag },
      extra: { etag },
    });
  }
  if (condition.etags.includes(etag)) return;
  throw new AppError("precondition-failed", "The file has changed since it was read.", {
    remedy: "Read it again, and send the change with the new ETag.",
    headers: { ETag: etag },
    extra: { etag },
  });
}
