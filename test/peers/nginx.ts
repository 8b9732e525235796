import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unusedPort } from "../support/front.ts";
import { runServer, type ServerProcess } from "../support/peers.ts";
import { poll } from "../support/poll.ts";

/** Debian's nginx as the core: a configuration, files and temporary folders of its own, no service manager. */

/** A running nginx; `restart` keeps the port and the files. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
  /** Of the master; it changes with a restart. */
  readonly pid: number;
  /** The folder that is served at `/`. */
  readonly root: string;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM (fast) by default, SIGQUIT (graceful); waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
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

/** Starts nginx on a free port of loopback, with one worker, and waits until it accepts. */
export async function startNginx(options: NginxOptions = {}): Promise<Nginx> {
  const dir = await mkdtemp(join(tmpdir(), "tickbird-nginx-"));
  // The worker is another user than root, and mkdtemp lets nobody else in.
  await chmod(dir, 0o755);
  const root = join(dir, "html");
  for (const folder of ["html", "tmp", "dav"]) await mkdir(join(dir, folder), { mode: 0o777 });
  await chmod(join(dir, "dav"), 0o777);
  for (const [path, content] of Object.entries(options.files ?? {})) await put(join(root, path), content);

  let port = await unusedPort();
  let server = await tryStart(dir, port, options);
  // Between finding a free port and binding it, another program may have got it.
  for (let attempt = 0; server === undefined && attempt < 5; attempt++) {
    port = await unusedPort();
    server = await tryStart(dir, port, options);
  }
  if (server === undefined) throw new Error("nginx found no port that is free");
  let running = server;
  return {
    ...{ port, root },
    get pid() {
      return running.pid;
    },
    signal: (signal) => running.signal(signal),
    stop: (signal) => running.stop(signal),
    async start() {
      const again = await tryStart(dir, port, options);
      if (again === undefined) throw new Error(`port ${port} was taken meanwhile`);
      running = again;
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

/** Starts it once; undefined when the port is taken. */
async function tryStart(
  dir: string,
  port: number,
  { directives = "" }: NginxOptions,
): Promise<ServerProcess | undefined> {
  await writeFile(join(dir, "nginx.conf"), configuration(port, directives));
  const args = ["-p", `${dir}/`, "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"];
  const server = runServer("/usr/sbin/nginx", args, { cwd: dir });
  const outcome = await poll("nginx to listen", async () => {
    if (server.hasEnded) return "ended";
    return (await accepts(port)) && "listening";
  });
  if (outcome === "listening") return server;
  if (server.output().includes("Address already in use")) return undefined;
  throw new Error(`nginx ended: ${server.output()}`);
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host: "127.0.0.1" });
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function configuration(port: number, directives: string): string {
  return `
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 2048; }
http {
  types { text/html html; text/plain txt; text/css css; application/octet-stream bin; }
  log_format short '$request_method $request_uri $status $connection $connection_requests';
  access_log access.log short;
  client_body_temp_path tmp/body;
  proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi;
  server {
    listen 127.0.0.1:${port};
    server_name app.example;
    root html;
    ${directives}
  }
}
`;
}

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content, { mode: 0o644 });
}
