import { dirname, join } from "node:path";
import { AppError } from "../../../base/errors.ts";
import type { CommandPlace } from "../../../linux/core-namespaces.ts";
import { type CoreProcessFinder, mainPid } from "../../../linux/core-process.ts";
import type { VacantPlace } from "../../../linux/new-file.ts";
import { openFolderInRoot } from "../../../linux/open-in-root.ts";
import type { PinnedFile } from "../../../linux/pinned-file.ts";
import { pathInRoot, readRoot } from "../../../linux/root-path.ts";
import { type CommandOutcome, runCommand } from "../../../linux/run-command.ts";
import { stageCopy } from "../../../linux/staged-copy.ts";
import type { ConfigFile, ValidateSettings } from "../files/config-files.ts";
import { type ContentThread, factsOf } from "../thread/content-orders.ts";

/** What the app's own check looks at. */
export interface CheckedChange {
  readonly old: Buffer;
  readonly next: Buffer;
  readonly place: PinnedFile | VacantPlace;
}

/**
 * Runs the check of the settings on a copy of the new content, which stands beside the file for as long. Gives where it
 * ran.
 * @throws {AppError} `content-invalid` where it refuses, `check-timeout` where it does not end, each with what it wrote;
 * others where it can't be run.
 */
export async function runCheck(
  file: ConfigFile,
  check: ValidateSettings,
  { old, next, place }: CheckedChange,
  deps: { readonly coreProcess: CoreProcessFinder; readonly thread: ContentThread },
  signal: AbortSignal,
): Promise<CommandPlace> {
  const folder = check.in === "core" ? await folderInCore(place, deps.coreProcess) : folderOf(file, place);
  await using staged = await stageCopy(place, next);
  const path = join(folder, staged.name);
  const command = check.command.map((argument) => argument.replaceAll("{file}", path));
  const outcome = await runCommand({ ...check, command }, deps, signal);
  if (outcome.exitCode === 0 && !outcome.timedOut) return outcome.ranIn;
  if (!(await staged.isThere())) throw copyRemoved(file);
  // For people, it is the file that was checked.
  const said = outcome.output.replaceAll(path, file.path);
  const output = await deps.thread.maskOutput({ file: factsOf(file), old, next, output: said });
  const shown = { ...outcome, output };
  throw outcome.timedOut ? late(file, check, shown) : refused(file, check, shown);
}

/** Through our descriptor where the path is one of another root: a child of ours may look there (proc_pid_fd(5)). */
function folderOf({ location }: ConfigFile, { folderPath, realPath }: CheckedChange["place"]): string {
  return location.kind === "path" ? dirname(realPath) : folderPath.replace("self", String(process.pid));
}

/** The folder of a file as the core sees it. */
async function folderInCore(place: CheckedChange["place"], coreProcess: CoreProcessFinder): Promise<string> {
  const pid = await mainPid(coreProcess);
  const folder = pathInRoot(dirname(place.realPath), await readRoot(pid));
  const id = await idInCore(pid, folder);
  if (id === place.id.slice(0, place.id.lastIndexOf("/"))) return folder;
  throw new AppError("conflict", `The app does not see ${place.path} at this path, so it can't check it.`, {
    remedy: "In config.files, name the file as the app sees it: path: core:/…",
  });
}

async function idInCore(pid: number, folder: string): Promise<string | undefined> {
  try {
    await using opened = await openFolderInRoot(pid, folder);
    const { dev, ino } = await opened.stat({ bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (error instanceof AppError && error.code === "not-found") return undefined;
    throw error;
  }
}

function refused(file: ConfigFile, check: ValidateSettings, outcome: CommandOutcome): AppError {
  const { exitCode, signal, output } = outcome;
  const how = exitCode === null ? `was ended by ${signal}` : `ended with ${exitCode}`;
  const line = lineIn(output, file.path);
  const detail = firstLine(output) ?? `The check ${how} and wrote nothing.`;
  return new AppError(
    "content-invalid",
    `The app's own check refuses the new content of ${file.name}: ${check.command[0]} ${how}. Nothing was changed.`,
    {
      remedy: "Correct what `output` names, and send the change again.",
      errors: [{ pointer: "", detail, ...(line === undefined ? {} : { line }) }],
      extra: evidence(outcome),
    },
  );
}

function copyRemoved({ name }: ConfigFile): AppError {
  return new AppError(
    "conflict",
    `Another program removed the copy of ${name} while it was checked. Nothing was changed.`,
    { remedy: "Send the change again." },
  );
}

function late(file: ConfigFile, check: ValidateSettings, outcome: CommandOutcome): AppError {
  return new AppError(
    "check-timeout",
    `The check of ${file.name} did not end within ${check.timeoutMs} ms and was stopped. Nothing was changed.`,
    {
      remedy: `Raise validate.timeoutMs of ${file.name} in config.files, or see why ${check.command[0]} hangs.`,
      extra: evidence(outcome),
    },
  );
}

function evidence({ command: _, ...evident }: CommandOutcome) {
  return evident;
}

/** As nearly every program writes it: `path:12`. */
function lineIn(output: string, path: string): number | undefined {
  const [, line] = new RegExp(`${RegExp.escape(path)}:(\\d{1,9})\\b`).exec(output) ?? [];
  return line === undefined ? undefined : Number(line);
}

function firstLine(output: string): string | undefined {
  return output
    .split("\n")
    .map((line) => line.trim().slice(0, 500))
    .find((line) => line !== "");
}
