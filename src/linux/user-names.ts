import { readNamespace, readText } from "./proc.ts";

/** Finds the name of a uid as a process sees it. */
export interface UserNames {
  /** The name, or null where no readable password file has that uid. */
  nameOf(pid: number, uid: number): Promise<string | null>;
}

const MAX_PASSWD_BYTES = 262_144;

/**
 * Makes a look-up that reads each password file once: the one in the process's own root, since uids mean nothing
 * across containers, else the sidecar's. Make a new one for each answer.
 */
export function createUserNames(): UserNames {
  const files = new Map<string, Promise<ReadonlyMap<number, string>>>();
  const read = (key: string, path: string) => {
    const file = files.get(key) ?? readPasswd(path);
    files.set(key, file);
    return file;
  };
  return {
    async nameOf(pid, uid) {
      const mounts = await readNamespace(pid, "mnt");
      const theirs =
        mounts.value === null ? undefined : await read(mounts.value, `/proc/${pid}/root/etc/passwd`);
      if (theirs !== undefined && theirs.size > 0) return theirs.get(uid) ?? null;
      return (await read("own", "/etc/passwd")).get(uid) ?? null;
    },
  };
}

/** An unreadable file counts as an empty one: a container without users is a normal thing. */
async function readPasswd(path: string): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  const text = await readText(path, MAX_PASSWD_BYTES).catch(() => "");
  for (const line of text.split("\n")) {
    const [name = "", , uid = ""] = line.split(":");
    if (name !== "" && /^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}
