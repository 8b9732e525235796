import { AppError } from "../../../base/errors.ts";
import { prepareCommand } from "../../../linux/command-place.ts";
import type { CoreProcessFinder } from "../../../linux/core-process.ts";
import type { VerifySettings } from "../../../settings/schema.ts";
import { prepareLogCheck } from "./verify-log.ts";

/**
 * Why what shows that the app took a change can't be looked at now, so that any change would be put back: a log that may
 * not be read, a command that can't be run. Undefined where nothing is known to stand in the way.
 */
export async function verifyProblem(
  checks: readonly VerifySettings[],
  coreProcess: CoreProcessFinder,
): Promise<AppError | undefined> {
  try {
    for (const check of checks) {
      if (check.kind === "log") await prepareLogCheck(check, coreProcess, false);
      if (check.kind === "command") await prepareCommand(check, coreProcess);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, remedy } = error;
    const detail = `What shows that the app took a change can't be looked at: ${message}`;
    return new AppError(code, detail, { cause: error, ...(remedy === undefined ? {} : { remedy }) });
  }
}
