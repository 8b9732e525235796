import { AppError } from "../../base/errors.ts";
import type { WebContext } from "../../web/context.ts";
import type { Logger } from "../../web/log.ts";
import type { Page } from "../../web/page.ts";
import type { RouteCall } from "../../web/routes.ts";

/** Answers with a text. */
export function answerText(ctx: WebContext, text: string): void {
  ctx.type = "text/plain; charset=utf-8";
  ctx.body = text;
}

/** Answers with a page. */
export function answerPage(ctx: WebContext, page: Page): void {
  ctx.set({ ...page.headers });
  ctx.body = page.body;
}

/**
 * Tells whether secrets are to be shown as they are, and writes down who saw them.
 * @throws {AppError} `role-required` where a viewer asks for it.
 */
export function maySeeSecrets(
  { ctx, query: { secrets }, principal }: RouteCall<unknown, { secrets?: "show" | undefined }>,
  what: string,
  log: Logger | undefined,
): boolean {
  if (secrets === undefined) return false;
  if (principal.role !== "operator") {
    throw new AppError(
      "role-required",
      `${principal.name} is a viewer; unmasked ${what} are for operators.`,
      {
        remedy: "Use a token with `role: operator`, or leave `?secrets=show` out.",
      },
    );
  }
  log?.info(
    { audit: "processes.secrets", user: principal.name, path: ctx.path, requestId: ctx.state.requestId },
    `unmasked ${what} were shown`,
  );
  return true;
}
