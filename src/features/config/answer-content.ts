import { z } from "zod";
import type { Principal, WebContext } from "../../web/context.ts";
import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { Page } from "../../web/page.ts";
import * as web from "../../web/see-secrets.ts";
import { etagOf } from "./content.ts";
import type { ConfigFile } from "./files/config-files.ts";
import type { ContentThread } from "./thread/content-orders.ts";
import { factsOf } from "./thread/content-orders.ts";

/** Whether secrets are asked for. */
export const secretsQuery = z.object({
  secrets: z.enum(["show"]).optional().describe("`show` leaves secrets unmasked. For operators; logged."),
});

/**
 * Answers with a content, or the part of it that a pointer names, in the form that is wanted; its secrets are masked
 * unless they may be seen.
 * @throws {AppError} where the pointer leads to nothing.
 */
export async function answerContent(
  ctx: WebContext,
  file: ConfigFile,
  bytes: Buffer,
  { thread, showSecrets, pointer }: AnswerOptions,
): Promise<void> {
  const form = chooseForm(ctx, ["text", "json", "html"]);
  ctx.set("ETag", etagOf(bytes));
  const shown = await thread.show({ file: factsOf(file), bytes, form, showSecrets, pointer });
  if (shown.maskedValues !== null) ctx.set("Sidecar-Masked-Values", String(shown.maskedValues));
  ctx.set({ ...shown.headers });
  ctx.body = typeof shown.body === "string" ? shown.body : Buffer.from(shown.body);
}

/** How a content is answered. */
interface AnswerOptions {
  readonly thread: ContentThread;
  readonly showSecrets: boolean;
  readonly pointer?: string | undefined;
}

/** As {@link web.maySeeSecrets}, for those of a configuration file. */
export function maySeeSecrets(
  call: { readonly ctx: WebContext; readonly principal: Principal },
  secrets: "show" | undefined,
  file: Pick<ConfigFile, "name">,
  log: Logger,
): boolean {
  return web.maySeeSecrets(call, secrets, {
    what: "secrets",
    entry: { audit: "config.secrets", file: file.name },
    message: "the secrets of a configuration file were shown",
    log,
  });
}

/** Answers with a page. */
export function answerPage(ctx: WebContext, page: Page): void {
  ctx.set({ ...page.headers });
  ctx.body = page.body;
}

/** Answers with a body of this type. */
export function answer(ctx: WebContext, type: string, body: string | Buffer): void {
  ctx.type = type;
  ctx.body = body;
}
