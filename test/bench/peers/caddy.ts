import { missingPackage, startDaemon, versionOf } from "./debian.ts";
import { CORE_CONNECTIONS, type Peer, SILENCE_SECONDS, type Site } from "./peer.ts";

const PROGRAM = "/usr/bin/caddy";

/** Caddy, held to one thread of Go at a time: the others have one worker too. */
export const caddy: Peer = {
  name: "caddy",
  protocols: ["http/1.1", "h2"],
  missing: () => missingPackage("caddy", PROGRAM),
  async describe() {
    return `Caddy ${await versionOf(PROGRAM, "version")}, one process, GOMAXPROCS=1, ${CORE_CONNECTIONS} kept connections to the core, access log to a file`;
  },
  start: (site) =>
    startDaemon({
      command: PROGRAM,
      args: ["run", "--config", "Caddyfile", "--adapter", "caddyfile"],
      dir: site.dir,
      file: "Caddyfile",
      configuration: (port) => configuration(site, port),
      env: { GOMAXPROCS: "1", HOME: site.dir },
    }),
};

function configuration({ corePort, certFile, keyFile }: Site, port: number): string {
  return `
{
	admin off
	auto_https off
	servers {
		protocols h1 h2
		timeouts {
			idle ${SILENCE_SECONDS}s
		}
	}
}
https://:${port} {
	bind 127.0.0.1
	tls ${certFile} ${keyFile}
	log {
		output file access.log {
			roll_disabled
		}
	}
	reverse_proxy 127.0.0.1:${corePort} {
		header_up X-Real-IP {remote_host}
		header_up X-Request-Id {http.request.uuid}
		transport http {
			compression off
			keepalive ${SILENCE_SECONDS}s
			keepalive_idle_conns ${CORE_CONNECTIONS}
			keepalive_idle_conns_per_host ${CORE_CONNECTIONS}
			max_conns_per_host ${CORE_CONNECTIONS}
		}
	}
}
`;
}
