import { nginxVersion, startNginxServer } from "../../support/nginx-server.ts";
import { ENDLESS_CONNECTIONS } from "../core.ts";
import { missingPackage } from "./debian.ts";
import { ALL_CONNECTIONS, CORE_CONNECTIONS, type Peer, SILENCE_SECONDS, type Site } from "./peer.ts";

/** nginx, with what a careful person sets: kept connections to the core, bodies that never touch a disk. */
export const nginx: Peer = {
  name: "nginx",
  protocols: ["http/1.1", "h2"],
  missing: () => missingPackage("nginx-light", "/usr/sbin/nginx"),
  async describe() {
    return `nginx ${await nginxVersion()}, one worker, upstream keepalive ${CORE_CONNECTIONS}, access log to a file, shared session cache and tickets`;
  },
  async start(site) {
    const http = (port: number) => configuration(site, port);
    const { port, process } = await startNginxServer({
      ...{ dir: site.dir, http, hasOwnGroup: true, workerConnections: ALL_CONNECTIONS },
    });
    return { port, pid: process.pid, [Symbol.asyncDispose]: () => process.stop() };
  },
};

function configuration({ corePort, certFile, keyFile }: Site, port: number): string {
  return `
  access_log access.log combined;
  ${ENDLESS_CONNECTIONS}
  client_body_buffer_size 128k;
  map $http_upgrade $core_connection { default upgrade; "" ""; }
  upstream core {
    server 127.0.0.1:${corePort} max_conns=${CORE_CONNECTIONS};
    keepalive ${CORE_CONNECTIONS};
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} ssl http2 backlog=4096;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    http2_max_requests 1000000000;
    location / {
      proxy_pass http://core;
      proxy_http_version 1.1;
      proxy_set_header Connection $core_connection;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Id $request_id;
      proxy_buffers 16 16k;
      proxy_max_temp_file_size 0;
      proxy_read_timeout ${SILENCE_SECONDS}s;
    }
  }
  `;
}
