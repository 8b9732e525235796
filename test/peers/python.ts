import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unusedPort } from "../support/front.ts";
import { runServer, said } from "../support/server-process.ts";

/** Python's own web server as the core: a connection and a thread for each request, files of one folder. */
export interface Python extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly dir: string;
}

/** Starts it on a free port of loopback, and waits until it accepts. */
export async function startPython(files: Readonly<Record<string, string>>): Promise<Python> {
  const dir = await mkdtemp(join(tmpdir(), "tickbird-python-"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  const port = await unusedPort();
  const argv = ["-u", "-m", "http.server", String(port), "--bind", "127.0.0.1"];
  const server = runServer("/usr/bin/python3", argv, { cwd: dir });
  await said(server, /^Serving HTTP on /m);
  return {
    ...{ pid: server.pid, port, dir },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(dir, { recursive: true });
    },
  };
}
