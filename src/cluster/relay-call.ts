import { createHash, timingSafeEqual } from "node:crypto";

/**
 * What travels beside a relayed request and its answer, each in one field of this name. A client's own field of that
 * name is left behind, and would be worth nothing: it can't know the secret.
 */
export const RELAY_FIELD = "tickbird-relay";

/** Where the app of the primary process is to be reached, and by which secret. */
export interface RelayAddress {
  /** Of a Unix socket. */
  readonly path: string;
  /** Another one at each start; never written down. */
  readonly secret: string;
}

/** What the worker knows of a request beside its bytes. */
export interface RelayCall {
  readonly id: string;
  readonly address: string;
  readonly certificateName?: string;
}

/** What the app knows of its answer beside its bytes; the worker's access log tells it. */
export interface RelayOutcome {
  readonly user?: string;
  readonly failure?: string;
}

/** The field of a request. */
export function sealCall(call: RelayCall, secret: string): string {
  return `${secret} ${encode(call)}`;
}

/** What the field of a request says; undefined where it does not have the secret. */
export function openCall(field: string | undefined, secret: string): RelayCall | undefined {
  const [claimed = "", text = ""] = (field ?? "").split(" ", 2);
  if (!isSame(claimed, secret)) return undefined;
  const { id, address, certificateName } = decode(text);
  const name = certificateName === undefined ? {} : { certificateName: String(certificateName) };
  return { id: String(id), address: String(address), ...name };
}

/** The field of an answer. */
export function sealOutcome(outcome: RelayOutcome): string {
  return encode(outcome);
}

/** What the field of an answer says. */
export function openOutcome(field: string): RelayOutcome {
  const { user, failure } = decode(field);
  return {
    ...(user === undefined ? {} : { user: String(user) }),
    ...(failure === undefined ? {} : { failure: String(failure) }),
  };
}

/** Names may be of any characters, fields may not. */
function encode(facts: object): string {
  return Buffer.from(JSON.stringify(facts)).toString("base64url");
}

function decode(text: string): Readonly<Record<string, unknown>> {
  const facts: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
  return { ...(typeof facts === "object" ? facts : {}) };
}

/** In a time that says nothing of either. */
function isSame(a: string, b: string): boolean {
  const [left = Buffer.alloc(0), right = Buffer.alloc(0)] = [a, b].map((text) =>
    createHash("sha256").update(text).digest(),
  );
  return timingSafeEqual(left, right);
}
