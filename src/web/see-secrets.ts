import { AppError } from "../base/errors.ts";
import type { Principal, WebContext } from "./context.ts";
import type { Logger } from "./log.ts";

/** What would be shown, and how it is written down. */
export interface SecretsAsked {
  /** What is for operators, in the plural. */
  readonly what: string;
  /** The entry of the audit log; who saw it is added. */
  readonly entry: { readonly audit: string } & Readonly<Record<string, string>>;
  readonly message: string;
  readonly log: Pick<Logger, "info"> | undefined;
}

/**
 * Tells whether secrets are to be shown as they are (`?secrets=show`), and writes down who saw them.
 * @throws {AppError} `role-required` where a viewer asks for it.
 */
export function maySeeSecrets(
  { ctx, principal }: { readonly ctx: WebContext; readonly principal: Principal },
  secrets: "show" | undefined,
  { what, entry, message, log }: SecretsAsked,
): boolean {
  if (secrets === undefined) return false;
  if (principal.role !== "operator") {
    throw new AppError("role-required", `${principal.name} is a viewer; ${what} are for operators.`, {
      remedy: "Use a token with `role: operator`, or leave `?secrets=show` out.",
    });
  }
  log?.info({ ...entry, user: principal.name, requestId: ctx.state.requestId }, message);
  return true;
}
