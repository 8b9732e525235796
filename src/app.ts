import Koa from "koa";
import type { Feature } from "./features/feature.ts";
import type { Settings } from "./settings/schema.ts";
import { answerProblems } from "./web/answer-problems.ts";
import { type AuthenticationOptions, authenticate } from "./web/authenticate.ts";
import type { RequestState } from "./web/context.ts";
import { checkHost } from "./web/hosts.ts";
import type { ServerAnswer, ServerRequest } from "./web/http-types.ts";
import type { Logger } from "./web/log.ts";
import { requestInfo } from "./web/request-info.ts";
import { RouteTable } from "./web/routes.ts";

/** What the app is made of. */
export interface AppParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly features: readonly Feature[];
  readonly authentication: AuthenticationOptions;
  /** The host names that are ours at this moment. */
  readonly hostNames: () => Iterable<string>;
}

/** Answers the requests under the prefix. */
export type AppHandler = (request: ServerRequest, answer: ServerAnswer) => void;

/** Makes the Koa app of everything under the prefix: the middleware in order, then the routes of the features. */
export function createApp({ settings, log, features, authentication, hostNames }: AppParts): AppHandler {
  const table = tableOf(features, settings.prefix);
  const app = new Koa<RequestState>();
  app.on("error", (error: unknown) => log.debug({ err: error }, "the answer could not be sent"));
  app.use(async (ctx, next) => {
    ctx.state.requestId = requestInfo(ctx.req).id;
    ctx.set("X-Request-Id", ctx.state.requestId);
    ctx.set("X-Content-Type-Options", "nosniff");
    ctx.set("Cache-Control", "no-store");
    await next();
  });
  app.use(answerProblems(log));
  app.use(checkHost(hostNames));
  app.use(authenticate(authentication));
  app.use(table.middleware());
  app.use(table.allowedMethods());
  const handle = app.callback();
  return (request, answer) => {
    // Koa answers every failure itself; its promise never rejects.
    void handle(request, answer);
  };
}

/** The routes of these features, in their order. */
export function tableOf(features: readonly Feature[], prefix: string): RouteTable {
  const table = new RouteTable(prefix);
  for (const feature of features) {
    table.beginFeature(feature.name);
    feature.routes(table);
  }
  return table;
}
