import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, readdir, rmdir, unlink } from "node:fs/promises";
import { AppError, isErrno } from "../../../base/errors.ts";
import { openFolderInRoot } from "../../../linux/open-in-root.ts";
import { ownStatus } from "../../../linux/privileges.ts";
import { readStatus } from "../../../linux/proc.ts";
import type { Jvm } from "../jvm-finder.ts";

/** Who may log in at an agent of ours. */
export interface AgentUser {
  readonly name: string;
  readonly password: string;
  readonly access: "readonly" | "readwrite";
}

/** The folder in the app's /tmp with the files by which an agent knows who may log in; it is gone when disposed of. */
export interface AgentFolder extends AsyncDisposable {
  /** As the app sees them. */
  readonly passwordFile: string;
  readonly accessFile: string;
}

const PREFIX = ".tickbird-jmx-";
const TMP = "/tmp";
const FILES = ["password", "access"];
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Makes a fresh folder, which only the JVM's user can enter, with files that only it can read: else the JVM would not
 * take them. It writes hashes in place of the passwords.
 * @throws {AppError} `jvm-not-attachable` where that can't be.
 */
export async function writeAgentFolder(
  jvm: Jvm,
  port: number,
  users: readonly AgentUser[],
): Promise<AgentFolder> {
  await using opened = new AsyncDisposableStack();
  const tmp = await openTmp(jvm);
  opened.defer(() => tmp.close());
  const here = `/proc/self/fd/${tmp.fd}`;
  try {
    const path = await mkdtemp(`${here}/${nameOf(await ownPidOf(jvm), port)}`);
    opened.defer(() => remove(path));
    // By its descriptor: the app could put a link in its place, which would lead out of its root.
    await using folder = await open(path, FOLDER);
    const inside = `/proc/self/fd/${folder.fd}`;
    const lines = (of: (user: AgentUser) => string) => users.map((user) => `${of(user)}\n`).join("");
    await write(
      jvm,
      `${inside}/password`,
      lines(({ name, password }) => `${name} ${password}`),
    );
    await write(
      jvm,
      `${inside}/access`,
      lines(({ name, access }) => `${name} ${access}`),
    );
    await giveTo(jvm, folder);
    const inApp = TMP + path.slice(here.length);
    const kept = opened.move();
    return {
      passwordFile: `${inApp}/password`,
      accessFile: `${inApp}/access`,
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  } catch (error) {
    throw whyNotWritten(error, jvm);
  }
}

/** The ports of the agents that sidecars before this one have left in a JVM; their folders are removed. */
export async function removeLeftFolders(jvm: Jvm): Promise<readonly number[]> {
  const tmp = await openTmp(jvm);
  try {
    const here = `/proc/self/fd/${tmp.fd}`;
    const prefix = nameOf(await ownPidOf(jvm), "");
    const left = (await readdir(here)).filter((name) => name.startsWith(prefix));
    for (const name of left) await remove(`${here}/${name}`);
    return left.map((name) => Number(name.slice(prefix.length).split("-", 1)[0]));
  } finally {
    await tmp.close();
  }
}

function openTmp({ stat: { pid } }: Jvm): Promise<FileHandle> {
  return openFolderInRoot(pid, TMP);
}

async function ownPidOf({ stat: { pid } }: Jvm): Promise<number> {
  return (await readStatus(pid))?.namespacePids.at(-1) ?? pid;
}

function nameOf(ownPid: number, port: number | ""): string {
  return `${PREFIX}${ownPid}-${port}${port === "" ? "" : "-"}`;
}

/** No link is followed; that it can't be removed is nothing that anybody could mend. */
async function remove(path: string): Promise<void> {
  try {
    await using folder = await open(path, FOLDER);
    for (const name of FILES) await unlink(`/proc/self/fd/${folder.fd}/${name}`).catch(() => undefined);
    await rmdir(path);
  } catch {
    // It is gone already, or the app has put something else in its place.
  }
}

async function write(jvm: Jvm, path: string, text: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  await file.writeFile(text);
  await giveTo(jvm, file);
}

async function giveTo({ stat: { pid } }: Jvm, file: FileHandle): Promise<void> {
  const [own, theirs] = await Promise.all([ownStatus(), readStatus(pid)]);
  if (theirs === undefined || own.uids.effective === theirs.uids.effective) return;
  await file.chown(theirs.uids.effective, theirs.gids.effective);
}

function whyNotWritten(error: unknown, { stat: { pid } }: Jvm): unknown {
  const refusal = (reason: string, remedy: string) =>
    new AppError("jvm-not-attachable", `JVM ${pid} can't be given an agent: ${reason}.`, {
      remedy,
      cause: error,
    });
  if (isErrno(error, "EROFS"))
    return refusal("the app's /tmp is read-only", "Compose, for the app: tmpfs: [/tmp]");
  if (isErrno(error, "ENOSPC", "EDQUOT"))
    return refusal("the app's /tmp is full", "Make room in the app's /tmp");
  if (isErrno(error, "EACCES", "EPERM")) {
    return refusal(
      "the sidecar may not write files of the app's user to the app's /tmp",
      "Run the sidecar as the app's own user (compose: user)",
    );
  }
  return error;
}
