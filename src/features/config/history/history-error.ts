import { AppError, isErrno, messageOf } from "../../../base/errors.ts";

const OTHER_FOLDER =
  "Give config.history.dir a folder that the sidecar may write, on a volume with room: SIDECAR_CONFIG_HISTORY_DIR=…, or keep no history: SIDECAR_CONFIG_HISTORY_ENABLED=false";
/** Of a root without capabilities: the folder may be left from when the sidecar ran as another user. */
const AS_ROOT = "What belongs to other users root writes with cap_add: [DAC_OVERRIDE, CHOWN, FOWNER].";

/**
 * What it is told as that nothing can be kept in the folder of a history: `permission-denied` or `storage-full`, else the
 * error itself.
 */
export function historyError(folder: string, error: unknown): unknown {
  const detail = `The history of the configuration can't be kept in ${folder}: ${messageOf(error)}. Nothing was changed.`;
  if (isErrno(error, "ENOSPC", "EDQUOT"))
    return new AppError("storage-full", detail, { cause: error, remedy: OTHER_FOLDER });
  if (isErrno(error, "EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR")) {
    const isDenied = isErrno(error, "EACCES", "EPERM") && process.getuid?.() === 0;
    const remedy = isDenied ? `${AS_ROOT} Or: ${OTHER_FOLDER}` : OTHER_FOLDER;
    return new AppError("permission-denied", detail, { cause: error, remedy });
  }
  return error;
}
