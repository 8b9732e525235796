import type { z } from "zod";
import { isVacant } from "../../../linux/new-file.ts";
import type { ConfigParts } from "../config-parts.ts";
import type { ContentThread } from "../thread/content-orders.ts";
import { factsOf } from "../thread/content-orders.ts";
import { isChanged, type Prepared, type PrepareOptions, type Wish, withPrepared } from "./apply-wishes.ts";
import type { dryRunResult } from "./change-schema.ts";

/** Does everything that a change does but the writing. @throws {AppError} as the change would. */
export async function dryRun(
  wishes: readonly Wish[],
  options: PrepareOptions,
  parts: ConfigParts,
): Promise<z.input<typeof dryRunResult>> {
  return await withPrepared(wishes, options, parts, async (prepared) => {
    const files: z.input<typeof dryRunResult>["files"] = [];
    for (const each of prepared) files.push(await describe(each, parts.thread));
    return { dryRun: true, files };
  });
}

async function describe(
  prepared: Prepared,
  thread: ContentThread,
): Promise<z.input<typeof dryRunResult>["files"][number]> {
  const { wish, old, oldEtag, bytes, etag, place, checkRanIn } = prepared;
  const { name } = wish.file;
  const from = { bytes: old, label: oldEtag === null ? "not there yet" : "as it is" };
  const to = { bytes, label: "as it would be" };
  return {
    ...{ name, oldEtag, etag, changed: isChanged(prepared), atomic: isVacant(place) || !place.isMount },
    checkRanIn,
    ...(await thread.diff({ file: factsOf(wish.file), from, to, showSecrets: false })),
  };
}
