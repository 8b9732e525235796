/**
 * Runs as another user: `node as-user-main.ts <what> <argument>`, with descriptor 3 open. `send` connects to the Unix socket
 * that it holds, sends the argument (base64), and writes what comes to standard output; `create` and `remove` make and
 * remove an empty file of that name in the folder that it holds. What goes wrong is the code of the error on standard error.
 */
import { constants } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { createConnection } from "node:net";
import { pipeline } from "node:stream/promises";
import { isErrno, messageOf } from "../base/errors.ts";

const HELD = "/proc/self/fd/3";
const ERRORS = [
  "ECONNREFUSED",
  "ENOENT",
  "ECONNRESET",
  "EPIPE",
  "EACCES",
  "EPERM",
  "EEXIST",
  "EROFS",
  "ENOSPC",
];

async function act(what: string, argument: string): Promise<void> {
  if (what === "send") {
    const socket = createConnection({ path: HELD });
    socket.write(Buffer.from(argument, "base64"));
    await pipeline(socket, process.stdout);
  } else if (what === "create") {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    await (await open(`${HELD}/${argument}`, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)).close();
  } else {
    await unlink(`${HELD}/${argument}`);
  }
}

const [, , what = "", argument = ""] = process.argv;
try {
  await act(what, argument);
} catch (error) {
  process.stderr.write(ERRORS.find((code) => isErrno(error, code)) ?? messageOf(error));
  process.exitCode = 1;
}
