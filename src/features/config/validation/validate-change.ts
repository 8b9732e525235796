import { AppError } from "../../../base/errors.ts";
import { prepareCommand } from "../../../linux/command-place.ts";
import type { CommandPlace } from "../../../linux/core-namespaces.ts";
import type { CoreProcessFinder } from "../../../linux/core-process.ts";
import type { VacantPlace } from "../../../linux/new-file.ts";
import type { PinnedFile } from "../../../linux/pinned-file.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { type ContentThread, factsOf } from "../thread/content-orders.ts";
import { runCheck } from "./check-command.ts";
import { schemas, withoutTree } from "./check-tree.ts";

/** A change that is yet to be written. Its bytes are parsed already, and no larger than allowed. */
export interface PlannedChange {
  readonly old: Buffer;
  readonly bytes: Buffer;
  readonly place: PinnedFile | VacantPlace;
  /** Whether every value must keep its type, and no key may come that was not there. */
  readonly keepTypes: boolean;
}

/** What validation needs. */
export interface ValidationDeps {
  readonly coreProcess: CoreProcessFinder;
}

/**
 * Checks a change before anything is written: its schema, its types, then the app's own check.
 * Gives where that ran, where there is one.
 * @throws {AppError} `content-invalid` with what is wrong and where; `check-timeout`; `conflict` or another one where
 * what the settings ask for can't be checked, as nothing unchecked is written then.
 */
export async function validateChange(
  file: ConfigFile,
  { old, bytes, place, keepTypes }: PlannedChange,
  deps: ValidationDeps & { readonly thread: ContentThread },
  signal: AbortSignal,
): Promise<CommandPlace | null> {
  const { schema } = file;
  const contents = { file: factsOf(file), old, next: bytes };
  if (schema !== undefined || keepTypes) await deps.thread.check({ ...contents, schema, keepTypes });
  if (file.validate === undefined) return null;
  return await runCheck(file, file.validate, { ...contents, place }, deps, signal);
}

/**
 * Why no change of a file can be validated at the moment, so that it would be refused whatever it is: its schema is
 * broken, its check can't be run. Undefined where nothing stands in the way.
 */
export async function validationProblem(
  file: ConfigFile,
  { coreProcess }: ValidationDeps,
): Promise<AppError | undefined> {
  const { schema, validate } = file;
  if (schema !== undefined && file.format === "text") return withoutTree(file, "its schema");
  try {
    if (schema !== undefined) await (await schemas()).readySchema(schema);
    if (validate !== undefined) await prepareCommand(validate, coreProcess);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
