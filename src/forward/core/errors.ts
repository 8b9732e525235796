import { AppError } from "../../base/errors.ts";

/** The core can't be reached. */
export function coreUnavailable(coreUrl: string, cause?: unknown): AppError {
  return new AppError(
    "core-unavailable",
    "The app is not there yet, or has stopped. It will be tried again by itself.",
    {
      cause,
      remedy: `Start the app, or set SIDECAR_CORE_URL to where it listens (now ${coreUrl}).`,
    },
  );
}
