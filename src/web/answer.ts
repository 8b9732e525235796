import type { WebContext } from "./context.ts";
import type { Page } from "./page.ts";

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
