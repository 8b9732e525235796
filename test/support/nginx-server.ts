import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { unusedPort } from "./front.ts";
import { poll } from "./poll.ts";
import { runServer, type ServerProcess } from "./server-process.ts";

/** Debian's nginx as a child of this process: a configuration and folders of its own, no service manager. */

/** An nginx that accepts. Its one worker is a child of `process`. */
export interface NginxServer {
  readonly port: number;
  readonly process: ServerProcess;
}

/** What is run. */
export interface NginxServerOptions {
  /** Its folder, which others than root must be able to enter: relative paths of the configuration begin here. */
  readonly dir: string;
  /** The content of the `http` block for a port of loopback. */
  readonly http: (port: number) => string;
  /** The port; any free one where it is not given. */
  readonly port?: number;
  /** Where the errors go that are no single connection's; standard error where it is not given. */
  readonly errorLog?: string;
  /** The most connections at once, those to servers behind it included. */
  readonly workerConnections?: number;
  /** As {@link RunOptions.hasOwnGroup}. */
  readonly hasOwnGroup?: boolean;
}

const ATTEMPTS = 5;

/** Starts nginx with one worker, and waits until it accepts. */
export async function startNginxServer(options: NginxServerOptions): Promise<NginxServer> {
  await mkdir(join(options.dir, "tmp"), { recursive: true });
  // The worker is another user than root, and mkdtemp lets nobody else in.
  await chmod(options.dir, 0o755);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Between finding a free port and binding it, another program may get it.
    const port = options.port ?? (await unusedPort());
    const process = await tryStart(options, port);
    if (process !== undefined) return { port, process };
  }
  throw new Error("nginx found its port taken, again and again");
}

/** The version, such as 1.26.3. */
export async function nginxVersion(): Promise<string> {
  const { stderr } = await promisify(execFile)("/usr/sbin/nginx", ["-v"]);
  return /nginx\/([\d.]+)/.exec(stderr)?.[1] ?? "of unknown version";
}

/** Starts it once; undefined when the port is taken. */
async function tryStart(options: NginxServerOptions, port: number): Promise<ServerProcess | undefined> {
  const { dir, hasOwnGroup = false } = options;
  await writeFile(join(dir, "nginx.conf"), configuration(options, port));
  const args = ["-p", `${dir}/`, "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"];
  const server = runServer("/usr/sbin/nginx", args, { cwd: dir, hasOwnGroup });
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

function configuration(
  { http, errorLog = "stderr warn", workerConnections = 4_096 }: NginxServerOptions,
  port: number,
): string {
  return `
worker_processes 1;
pid nginx.pid;
error_log ${errorLog};
events { worker_connections ${workerConnections}; }
http {
  client_body_temp_path tmp/body;
  proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi;
  ${http(port)}
}
`;
}
