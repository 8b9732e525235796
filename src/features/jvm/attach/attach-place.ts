import { constants } from "node:fs";
import { access, type FileHandle, open, unlink } from "node:fs/promises";
import { AppError, isErrno } from "../../../base/errors.ts";
import { createFileAs, type User } from "../../../linux/as-user.ts";
import type { Obstacle } from "../../../linux/look-into.ts";
import { O_PATH } from "../../../linux/open-flags.ts";
import { openFolderInRoot } from "../../../linux/open-in-root.ts";

/**
 * Where a JVM opens its attach socket, and looks for the file that asks it to: for the socket in /tmp, whatever TMPDIR
 * says; for the file in its working directory first, then in /tmp (AttachListener::is_init_trigger of HotSpot). All of it
 * belongs to the app: no link is followed out of its root.
 */
export interface AttachPlace extends AsyncDisposable {
  /** The socket, held by a descriptor (O_PATH); undefined while there is none. Whoever opened it closes it. */
  openSocket(): Promise<FileHandle | undefined>;
  /**
   * Puts the file there by which the JVM tells a wish to attach from a wish for a thread dump: into /tmp, or where that
   * can't be into its working directory, which may be a volume. It is gone when disposed of.
   * @throws {AppError} `jvm-not-attachable` where that can't be.
   */
  putTrigger(): Promise<AsyncDisposable>;
}

/** What gives a JVM room for its socket. */
const ROOM_REMEDY = "Compose, for the app: tmpfs: [/tmp]";

const TRIGGER = ".attach_pid";
const FOLDER = O_PATH | constants.O_DIRECTORY;

/** Whom the place is opened for. */
export interface PlaceWish {
  /** The pid as the JVM itself sees it. */
  readonly ownPid: number;
  /** Whose trigger the JVM obeys. */
  readonly owners: readonly number[];
  /** Whose it is to be, where ours would not do. */
  readonly asUser: User | undefined;
}

/** Opens the place. */
export async function openAttachPlace(
  pid: number,
  { ownPid, owners, asUser }: PlaceWish,
): Promise<AttachPlace> {
  const folder = await openFolderInRoot(pid, "/tmp");
  const path = `/proc/self/fd/${folder.fd}/.java_pid${ownPid}`;
  return {
    async openSocket() {
      const socket = await openIfThere(path);
      if (socket === undefined || (await socket.stat()).isSocket()) return socket;
      await socket.close();
      throw notAttachable(
        `/tmp/.java_pid${ownPid} of the app is no socket.`,
        `Remove /tmp/.java_pid${ownPid} in the app`,
      );
    },
    async putTrigger() {
      await using opened = new AsyncDisposableStack();
      const working = await open(`/proc/${pid}/cwd`, FOLDER);
      opened.defer(() => working.close());
      const name = `${TRIGGER}${ownPid}`;
      // The JVM would look at it, and no further.
      await checkOthersTrigger(working, name, owners, "The app's working directory");
      opened.use(await putInEither(folder, working, { name, owners, asUser }));
      const kept = opened.move();
      return { [Symbol.asyncDispose]: () => kept.disposeAsync() };
    },
    [Symbol.asyncDispose]: () => folder.close(),
  };
}

/**
 * Says why a JVM could not open a socket in its /tmp; undefined where it may. Nothing is written: the kernel tells of the
 * mount (EROFS of access(2)).
 */
export async function whyNoRoom(pid: number): Promise<Obstacle | undefined> {
  try {
    await using folder = await openFolderInRoot(pid, "/tmp");
    await access(`/proc/self/fd/${folder.fd}`, constants.W_OK);
    return undefined;
  } catch (error) {
    if (isErrno(error, "EROFS")) return { reason: "its /tmp is read-only", remedy: ROOM_REMEDY };
    const isMissing = error instanceof AppError && error.code === "not-found";
    return isMissing ? { reason: "it has no folder /tmp", remedy: ROOM_REMEDY } : undefined;
  }
}

interface Trigger extends Omit<PlaceWish, "ownPid"> {
  readonly name: string;
}

async function putInEither(tmp: FileHandle, working: FileHandle, trigger: Trigger): Promise<AsyncDisposable> {
  try {
    return await put(tmp, trigger);
  } catch (error) {
    // A /tmp that is read-only or full has no room for the JVM's socket either.
    if (isErrno(error, "EROFS", "ENOSPC")) throw whyNoTrigger(error);
    return await put(working, trigger).catch(() => {
      throw whyNoTrigger(error);
    });
  }
}

/** @throws an error of the system, or `jvm-not-attachable` where another's file is there that the JVM would not obey. */
async function put(folder: FileHandle, { name, owners, asUser }: Trigger): Promise<AsyncDisposable> {
  const path = `/proc/self/fd/${folder.fd}/${name}`;
  try {
    if (asUser !== undefined) return await createFileAs(asUser, folder, name);
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    await (await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)).close();
    return { [Symbol.asyncDispose]: () => unlink(path).catch(() => undefined) };
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    await checkOthersTrigger(folder, name, owners, "The app's /tmp");
    // Another tool attaches at this moment, or has left it: it is not ours to remove.
    return { [Symbol.asyncDispose]: async () => undefined };
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** One of somebody else would make the JVM write a thread dump into the app's output instead. */
async function checkOthersTrigger(
  folder: FileHandle,
  name: string,
  owners: readonly number[],
  where: string,
): Promise<void> {
  await using file = await openIfThere(`/proc/self/fd/${folder.fd}/${name}`);
  if (file === undefined || owners.includes((await file.stat()).uid)) return;
  throw notAttachable(`${where} has a file ${name} that belongs to another user.`, `Remove ${name} there`);
}

function whyNoTrigger(error: unknown): unknown {
  if (isErrno(error, "EROFS")) {
    return notAttachable("The app's /tmp is read-only.", ROOM_REMEDY);
  }
  if (isErrno(error, "ENOSPC", "EDQUOT"))
    return notAttachable("The app's /tmp is full.", "Make room in the app's /tmp");
  if (isErrno(error, "EACCES", "EPERM")) {
    return notAttachable(
      "The sidecar may not write to the app's /tmp.",
      "Run the sidecar as the app's own user (compose: user)",
    );
  }
  return error;
}

function notAttachable(reason: string, remedy: string): AppError {
  return new AppError("jvm-not-attachable", reason, { remedy });
}
