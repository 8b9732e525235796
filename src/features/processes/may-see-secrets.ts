import type { Logger } from "../../web/log.ts";
import type { RouteCall } from "../../web/routes.ts";
import * as web from "../../web/see-secrets.ts";

/** As {@link web.maySeeSecrets}, for `what` of processes. */
export function maySeeSecrets(
  call: RouteCall<unknown, { secrets?: "show" | undefined }>,
  what: string,
  log: Logger | undefined,
): boolean {
  return web.maySeeSecrets(call, call.query.secrets, {
    what: `unmasked ${what}`,
    entry: { audit: "processes.secrets", path: call.ctx.path },
    message: `unmasked ${what} were shown`,
    log,
  });
}
