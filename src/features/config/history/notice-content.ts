import { readPinned } from "../../../linux/pinned-file.ts";
import type { ConfigParts } from "../config-parts.ts";
import { etagOf } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";

/** What it takes to look at a file. */
export type NoticeParts = Pick<ConfigParts, "pin" | "queues" | "records" | "maxBytes">;

/**
 * Looks at what is in place, and takes note of it where another program has changed it. Gives its entity tag.
 * @throws {AppError} where it can't be read.
 */
export async function noticeContent(
  file: ConfigFile,
  { pin, queues, records, maxBytes }: NoticeParts,
): Promise<string> {
  await using found = await pin(file);
  return await queues.run(found.id, async () => {
    await using pinned = await pin(file);
    const bytes = await readPinned(pinned, maxBytes);
    await records.found(file, bytes);
    return etagOf(bytes);
  });
}
