import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startNginxServer } from "../support/nginx-server.ts";

/** nginx as the core: static files, and whatever directives a test needs. */

/** A running nginx; stopped and started, it keeps the port and the files. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
  /** Of the master; it changes with a restart. */
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once (SIGTERM), and waits for that. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** The lines of the access log: method, raw target, status, connection number and request number in it. */
  accessLog(): Promise<string[]>;
}

/** What a test may want otherwise. */
export interface NginxOptions {
  /** Directives of the one `server`. */
  readonly directives?: string;
  /** Files under the root, by path. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
}

/** Starts nginx on a free port of loopback, and waits until it accepts. */
export async function startNginx({ directives = "", files = {} }: NginxOptions = {}): Promise<Nginx> {
  const dir = await mkdtemp(join(tmpdir(), "tickbird-nginx-"));
  const http = (port: number) => configuration(port, directives);
  await mkdir(join(dir, "html"));
  await mkdir(join(dir, "dav"));
  // For the worker, who is another user.
  await chmod(join(dir, "dav"), 0o777);
  for (const [path, content] of Object.entries(files)) await put(join(dir, "html", path), content);
  const first = await startNginxServer({ dir, http });
  const { port } = first;
  let running = first.process;
  return {
    port,
    get pid() {
      return running.pid;
    },
    signal: (signal) => running.signal(signal),
    stop: () => running.stop(),
    async start() {
      running = (await startNginxServer({ dir, http, port })).process;
    },
    async accessLog() {
      return (await readFile(join(dir, "access.log"), "utf8")).split("\n").filter((line) => line !== "");
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configuration(port: number, directives: string): string {
  return `
  types { text/html html; text/plain txt; text/css css; application/octet-stream bin; }
  log_format short '$request_method $request_uri $status $connection $connection_requests';
  access_log access.log short;
  server {
    listen 127.0.0.1:${port};
    server_name app.example;
    root html;
    ${directives}
  }
`;
}

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: 0o644 });
}
