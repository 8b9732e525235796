import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../base/errors.ts";
import { type CoreProcessFinder, mainPid } from "./core-process.ts";
import { whyNotInto } from "./look-into.ts";
import { openPlaceInRoot } from "./open-in-root.ts";
import { type CAPABILITIES, hasCapability, ownStatus } from "./privileges.ts";
import { readStatus } from "./proc.ts";
import type { ProcStatus } from "./proc-status.ts";
import { CHANGING_USER, capabilityRemedy, isAll } from "./remedies.ts";
import { ENVIRONMENT } from "./spawn.ts";

/** A command, and where it runs. */
export interface CommandRun {
  readonly command: readonly string[];
  /** `core`: in the root of the app's main process, as its user, and in its namespaces as far as they can be entered. */
  readonly in: "sidecar" | "core";
  /** From then on it is stopped, by SIGTERM, then by SIGKILL. */
  readonly timeoutMs: number;
  /** Beside PATH, LC_ALL and HOME, which is all that it has else. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a command is started where it is to run. */
export interface PreparedCommand {
  readonly argv: readonly [string, ...string[]];
  /** The process whose root is to be descriptor 3, and in whose namespaces it is; undefined where it runs in the sidecar. */
  readonly placeOf: number | undefined;
}

type Wanted = Pick<CommandRun, "command" | "in" | "env">;

/**
 * Finds out whether a command can be run, and how. Nothing is run.
 * @throws {AppError} with the remedy where it can't.
 */
export async function prepareCommand(run: Wanted, coreProcess: CoreProcessFinder): Promise<PreparedCommand> {
  const [program, ...rest] = run.command;
  if (program === undefined) throw new AppError("conflict", "A command is empty.");
  if (run.in === "sidecar") {
    await findProgram(program, run, (path) => access(path, constants.X_OK));
    return { argv: [program, ...rest], placeOf: undefined };
  }
  const pid = await mainPid(coreProcess);
  const user = await userChange(pid);
  await findProgram(program, run, (path) => mustBeProgram(pid, path));
  // By a descriptor, and by numbers only: names would be looked up by libraries of the app, still as root.
  return { argv: ["chroot", ...user, "/proc/self/fd/3", program, ...rest], placeOf: pid };
}

const CHANGING_ROOT = ["SYS_CHROOT"] as const;

/** What makes chroot(1) take on the user of a process. @throws {AppError} where we may not. */
async function userChange(pid: number): Promise<readonly string[]> {
  const [own, target, obstacle] = await Promise.all([ownStatus(), readStatus(pid), whyNotInto(pid)]);
  if (target === undefined) throw new AppError("process-not-found", `Process ${pid} has ended.`);
  const isSame = isAll(target.uids, own.uids.effective) && isAll(target.gids, own.gids.effective);
  const needed: readonly (keyof typeof CAPABILITIES)[] = isSame ? CHANGING_ROOT : CHANGING_USER;
  const missing = needed.filter((name) => !hasCapability(own.capEffective, name));
  if (missing.length > 0 || obstacle !== undefined) throw mayNotEnter(own, obstacle?.reason ?? null, missing);
  if (isSame) return [];
  const { uids, gids, groups } = target;
  const all = groups.length === 0 ? [gids.effective] : groups;
  return [
    `--userspec=+${uids.effective}:+${gids.effective}`,
    `--groups=${all.map((group) => `+${group}`).join(",")}`,
  ];
}

function mayNotEnter(own: ProcStatus, reason: string | null, missing: readonly string[]): AppError {
  const why = reason ?? `the sidecar lacks ${missing.map((name) => `CAP_${name}`).join(", ")}`;
  return new AppError("permission-denied", `A command can't be run in the root of the app: ${why}.`, {
    remedy: `${capabilityRemedy(own, "SYS_PTRACE", ...CHANGING_USER)}; or run the command in the sidecar: \`in: sidecar\``,
  });
}

async function findProgram(
  program: string,
  { in: place, env }: Wanted,
  check: (path: string) => Promise<unknown>,
): Promise<void> {
  const folders = (env?.["PATH"] ?? ENVIRONMENT.PATH).split(":");
  const paths = program.includes("/") ? [program] : folders.map((folder) => join(folder, program));
  for (const path of paths) {
    const isThere = await check(path).then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
  const where = place === "core" ? "in the root of the app" : "in the sidecar";
  throw new AppError("conflict", `There is no program ${program} ${where}.`, {
    remedy:
      place === "core"
        ? "Write its whole path, as the app sees it, or run the command in the sidecar: `in: sidecar`."
        : "Write its whole path, add it to the sidecar's image, or run the command in the app's root: `in: core`.",
  });
}

async function mustBeProgram(pid: number, path: string): Promise<void> {
  await using found = await openPlaceInRoot(pid, path);
  const stats = await stat(`/proc/self/fd/${found.place.fd}`);
  if (!stats.isFile() || (stats.mode & 0o111) === 0) throw new Error("no program");
}
