import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startNginxServer } from "../support/nginx-server.ts";

/** The app behind all proxies: nginx with static answers on loopback. */
export interface Core extends AsyncDisposable {
  readonly port: number;
  /** Of its master process; the worker below it does the work. */
  readonly pid: number;
}

/** What it answers: path and size in bytes. */
const ANSWERS = { "/1k": 1_024, "/64k": 65_536 } as const;

/** Directives by which no connection ever ends: opening another one would be measured too. */
export const ENDLESS_CONNECTIONS = "keepalive_requests 1000000000; keepalive_timeout 600s;";

/** Starts the core in a folder of its own. */
export async function startCore(dir: string): Promise<Core> {
  await mkdir(join(dir, "html"), { recursive: true });
  for (const [path, bytes] of Object.entries(ANSWERS)) {
    await writeFile(join(dir, "html", path), randomBytes(bytes / 2).toString("hex"));
  }
  const { port, process } = await startNginxServer({
    dir,
    hasOwnGroup: true,
    http: (wanted) => `
    access_log off;
    default_type text/plain;
    sendfile on;
    open_file_cache max=100;
    ${ENDLESS_CONNECTIONS}
    server { listen 127.0.0.1:${wanted} backlog=4096; root html; }
    `,
  });
  return { port, pid: process.pid, [Symbol.asyncDispose]: () => process.stop() };
}
