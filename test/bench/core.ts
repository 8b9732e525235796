import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startNginxServer } from "../support/nginx-server.ts";
import { runServer, said } from "../support/server-process.ts";

/** The app behind all proxies: nginx with static answers on loopback, and a WebSocket behind it that echoes. */
export interface Core extends AsyncDisposable {
  readonly port: number;
  /** Of its master process; the worker below it does the work. */
  readonly pid: number;
}

/** What it answers: path and size in bytes. To a POST, after the whole body, with the same. */
const ANSWERS = { "/1k": 1_024, "/64k": 65_536, "/10m": 10_485_760 } as const;

/** Directives by which no connection ever ends: opening another one would be measured too. */
export const ENDLESS_CONNECTIONS = "keepalive_requests 1000000000; keepalive_timeout 600s;";

const ECHO_SERVER = fileURLToPath(new URL("echo-server.ts", import.meta.url));

/** Starts the core in a folder of its own. */
export async function startCore(dir: string): Promise<Core> {
  await mkdir(join(dir, "html"), { recursive: true });
  for (const [path, bytes] of Object.entries(ANSWERS)) {
    await writeFile(join(dir, "html", path), randomBytes(bytes / 2).toString("hex"));
  }
  await using stack = new AsyncDisposableStack();
  const echo = stack.use(runServer(process.execPath, [ECHO_SERVER], { cwd: dir, hasOwnGroup: true }));
  const [, echoPort = ""] = await said(echo, /listening on (\d+)/);
  const { port, process: nginx } = await startNginxServer({
    dir,
    hasOwnGroup: true,
    http: (wanted) => configuration(wanted, echoPort),
  });
  stack.use(nginx);
  const all = stack.move();
  return { port, pid: nginx.pid, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/**
 * nginx answers a POST to a file with 405, and a `return` before it has read the body. So it asks itself: that waits
 * for the whole body, and the answer comes after it, as from an app.
 */
function configuration(port: number, echoPort: string): string {
  return `
  access_log off;
  default_type text/plain;
  sendfile on;
  open_file_cache max=100;
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  ${ENDLESS_CONNECTIONS}
  upstream itself { server 127.0.0.1:${port}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root html;
    location = /post {
      proxy_pass http://itself/1k;
      proxy_method GET;
      proxy_pass_request_body off;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
    }
    location = /echo {
      proxy_pass http://127.0.0.1:${echoPort};
      proxy_http_version 1.1;
      proxy_set_header Connection upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_read_timeout 600s;
    }
  }
  `;
}
