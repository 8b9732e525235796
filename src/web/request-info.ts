import { randomBytes } from "node:crypto";
import { nowMs } from "../base/clock.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { ServerRequest } from "./http-types.ts";

/** What is known of one request beside its bytes: who carries it fills it, the access log reads it. */
export interface RequestInfo {
  /** The request's id: the client's own `X-Request-Id` where it is sane, else a random one. */
  readonly id: string;
  /** When it began, by `performance.now()`. */
  readonly startedAtMs: number;
  /** Who answers: this sidecar, the core, or nobody (refused by the gate). */
  route: "sidecar" | "core" | "refused";
  /** The name of the credential, once it is known. */
  user?: string;
  /** From the request being sent to the core to the head of its answer. */
  coreMs?: number;
  /** Of the answer to an upgrade, which has no answer object. */
  status?: number;
  /** What went wrong, where the sidecar itself made the answer. */
  failure?: ErrorCode;
}

const SANE_ID = /^[\w.:+/=-]{1,128}$/;
const infos = new WeakMap<ServerRequest, RequestInfo>();

/** The one {@link RequestInfo} of a request; made at the first call. */
export function requestInfo(request: ServerRequest): RequestInfo {
  let info = infos.get(request);
  if (info === undefined) {
    const sent = request.headers["x-request-id"];
    info = newRequestInfo(typeof sent === "string" ? sent : undefined);
    infos.set(request, info);
  }
  return info;
}

/** Makes {@link requestInfo} give this for a request that was carried here from elsewhere. */
export function tellRequestInfo(request: ServerRequest, info: RequestInfo): void {
  infos.set(request, info);
}

const ID_BYTES = 16;
const IDS_AT_ONCE = 128;
let ids = "";
let nextId = 0;

/** An id that no other request has: 16 random bytes in hexadecimal. */
export function newRequestId(): string {
  if (nextId >= ids.length) {
    ids = randomBytes(ID_BYTES * IDS_AT_ONCE).toString("hex");
    nextId = 0;
  }
  const id = ids.slice(nextId, nextId + 2 * ID_BYTES);
  nextId += 2 * ID_BYTES;
  return id;
}

/** What is known of a request at its beginning. @param sentId the client's own id for it. */
export function newRequestInfo(sentId: string | undefined): RequestInfo {
  const id = sentId !== undefined && SANE_ID.test(sentId) ? sentId : newRequestId();
  return { id, startedAtMs: nowMs(), route: "core" };
}
