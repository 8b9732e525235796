import { AppError } from "../../../base/errors.ts";
import type { WebContext } from "../../../web/context.ts";
import type { ConfigParts } from "../config-parts.ts";
import type { ChangeResult } from "../config-schema.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { ReloadOutcome } from "../reload/reload.ts";
import type { Begun } from "./begin-change.ts";
import type { Change } from "./change.ts";
import { describeChange } from "./describe-change.ts";

/**
 * Waits for a change as long as the client prefers (RFC 7240). Gives it where it still runs then: that is answered
 * already, with 202 and where it can be watched.
 * @throws {AppError} `change-rolled-back` where the app did not take it.
 */
export async function settledOrAccepted(
  ctx: WebContext,
  change: Change,
  path: string,
  parts: ConfigParts,
): Promise<"settled" | "accepted"> {
  ctx.set("Location", path);
  await Promise.race([change.over, untilTired(ctx, change)]);
  if (change.state === "running") {
    ctx.status = 202;
    ctx.body = describeChange(change, path, parts);
    return "accepted";
  }
  if (change.state !== "done") throw rolledBack(change, path, parts);
  return "settled";
}

/** What a change of one file answers. */
export function fileResult(
  file: ConfigFile,
  { change, files }: Begun,
  path: string | undefined,
): ChangeResult {
  const written = change?.files[0];
  const { etag = "", changed = false } = files[0] ?? {};
  const verified = change?.phases.find(({ name }) => name === "verify");
  return {
    ...{ name: file.name, etag, changed },
    atomic: written?.outcome.atomic ?? null,
    attributes: written === undefined ? null : { ...written.outcome.attributes },
    version: written?.version ?? null,
    checkRanIn: written?.checkRanIn ?? null,
    reload: { ...(change?.reloadOf(file.name) ?? notReloaded(file, changed)) },
    verified: verified === undefined ? null : verified.passed === true,
    change: path ?? null,
  };
}

function notReloaded({ reload }: ConfigFile, changed: boolean): ReloadOutcome {
  const detail = changed
    ? "No reload is configured: the app reads the file by itself, or when it starts again."
    : "The content is the same: nothing was written.";
  return { kind: reload.kind, done: false, detail };
}

const WAIT = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i;
const ASYNC = /(?:^|[,;\s])respond-async(?:$|[,;\s])/i;

function untilTired(ctx: WebContext, change: Change): Promise<void> {
  const prefer = ctx.get("Prefer");
  const [, seconds] = WAIT.exec(prefer) ?? [];
  const isAsync = ASYNC.test(prefer);
  const isVerified = change.files.some(({ file }) => file.verify.length > 0);
  if (seconds !== undefined) ctx.set("Preference-Applied", `wait=${seconds}`);
  else if (isAsync) ctx.set("Preference-Applied", "respond-async");
  const { promise, resolve } = Promise.withResolvers<void>();
  if (seconds === undefined && !isAsync && !isVerified) return promise;
  const timer = setTimeout(resolve, Number(seconds ?? 0) * 1_000);
  ctx.res.once("close", () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

function rolledBack(change: Change, path: string, parts: ConfigParts): AppError {
  const failed = change.phases.find(({ passed }) => passed === false);
  const isBack = change.state === "rolled-back";
  const isNew = change.files.every(({ oldEtag }) => oldEtag === null);
  const back = isNew ? "The file is gone again." : "The previous content is back in place.";
  const what = isBack ? back : "The previous content could not be put back.";
  const remedy =
    failed?.checks.find(({ passed }) => !passed)?.remedy ?? failed?.reloads.find(({ done }) => !done)?.remedy;
  return new AppError("change-rolled-back", `${failed?.detail ?? "It was given up."} ${what}`, {
    remedy: remedy ?? "Look at the phases of the change, and at the log of the app.",
    extra: { change: describeChange(change, path, parts) },
  });
}
