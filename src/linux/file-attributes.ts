import type { FileHandle } from "node:fs/promises";
import { messageOf } from "../base/errors.ts";
import { run } from "./spawn.ts";

/** Whether access control lists and extended attributes went over to the new file. */
export type AttributesOutcome = { readonly kept: true } | { readonly kept: false; readonly detail: string };

/**
 * Copies access control lists and extended attributes (acl(5), xattr(7)) from one open file to another, by cp of
 * coreutils: Node.js has no calls for them. Where an app may read a file only by its access control list, a new file
 * without it would lock the app out.
 * @param from open for reading; @param to open for writing, and ours.
 */
export async function copyAttributes(from: FileHandle, to: FileHandle): Promise<AttributesOutcome> {
  try {
    // By descriptors: in a folder of the app, a name could be made to lead to another file.
    await run(
      ["cp", "--attributes-only", "--preserve=mode,xattr", "--", "/proc/self/fd/3", "/proc/self/fd/4"],
      { timeoutMs: 5_000, descriptors: [from.fd, to.fd] },
    );
    return { kept: true };
  } catch (error) {
    return { kept: false, detail: messageOf(error) };
  }
}
