import { AppError } from "../../base/errors.ts";
import type { CoreProcessFinder } from "../../linux/core-process.ts";

/**
 * The pid of the core's main process.
 * @throws {AppError} `process-not-found` with what would make it known.
 */
export async function mainPid(coreProcess: CoreProcessFinder): Promise<number> {
  const core = await coreProcess.find();
  if (core.kind === "found") return core.pid;
  throw new AppError("process-not-found", `The app's main process is not known. ${core.reason}`, {
    remedy: core.remedy,
  });
}
