import type { Logger } from "../../../web/log.ts";
import type { ConfigFile } from "../files/config-files.ts";
import type { StagedVersion } from "./staged-version.ts";

/**
 * Commits a version whose content is in place. Never rejects: the file is changed, and what follows from that must
 * follow. It is tried again when the file is next looked at, and at the next start.
 */
export async function commitWritten(staged: StagedVersion, { name }: ConfigFile, log: Logger): Promise<void> {
  try {
    await staged.commit();
  } catch (error) {
    const { version } = staged.record;
    log.error({ err: error, file: name, version }, "the history could not be written");
  }
}
