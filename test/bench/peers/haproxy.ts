import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { missingPackage, startDaemon, versionOf } from "./debian.ts";
import { ALL_CONNECTIONS, CORE_CONNECTIONS, type Peer, SILENCE_SECONDS, type Site } from "./peer.ts";

const PROGRAM = "/usr/sbin/haproxy";

/** HAProxy, with connections to the core that all clients share. */
export const haproxy: Peer = {
  name: "haproxy",
  protocols: ["http/1.1", "h2"],
  missing: () => missingPackage("haproxy", PROGRAM),
  async describe() {
    return `HAProxy ${await versionOf(PROGRAM, "-v")}, one process, one thread, http-reuse always, maxconn ${CORE_CONNECTIONS} to the core, access log to a file`;
  },
  async start(site) {
    // It takes the chain and the key from one file.
    const pem = await Promise.all([site.certFile, site.keyFile].map((file) => readFile(file, "utf8")));
    await writeFile(join(site.dir, "site.pem"), pem.join("\n"), { mode: 0o600 });
    return startDaemon({
      command: PROGRAM,
      args: ["-db", "-f", "haproxy.cfg"],
      dir: site.dir,
      file: "haproxy.cfg",
      configuration: (port) => configuration(site, port),
      stdoutFile: "access.log",
    });
  },
};

function configuration({ corePort, dir }: Site, port: number): string {
  return `
global
  nbthread 1
  maxconn ${ALL_CONNECTIONS}
  # It reckons with two descriptors for each connection of a client, and those to the core are few.
  ulimit-n ${ALL_CONNECTIONS + 2 * CORE_CONNECTIONS}
  no strict-limits
  log stdout format raw local0 info
  ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
  mode http
  log global
  option httplog
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client ${SILENCE_SECONDS}s
  timeout server ${SILENCE_SECONDS}s
  timeout tunnel ${SILENCE_SECONDS}s
  timeout http-keep-alive ${SILENCE_SECONDS}s

frontend site
  bind 127.0.0.1:${port} ssl crt ${join(dir, "site.pem")} alpn h2,http/1.1 backlog 4096
  unique-id-format %[uuid()]
  unique-id-header X-Request-Id
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto https
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  default_backend core

backend core
  server core 127.0.0.1:${corePort} maxconn ${CORE_CONNECTIONS} pool-max-conn ${CORE_CONNECTIONS} pool-purge-delay ${SILENCE_SECONDS}s
`;
}
