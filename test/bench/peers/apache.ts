import { missingPackage, startDaemon, versionOf } from "./debian.ts";
import { ALL_CONNECTIONS, CORE_CONNECTIONS, type Peer, SILENCE_SECONDS, type Site } from "./peer.ts";

const PROGRAM = "/usr/sbin/apache2";
const MODULES = [
  ...["mpm_event", "authz_core", "headers", "unique_id", "socache_shmcb", "ssl", "http2"],
  ...["proxy", "proxy_http", "proxy_wstunnel"],
];

/** Apache httpd with mpm_event: one process for all clients, one thread for each request under way. */
export const apache: Peer = {
  name: "apache",
  protocols: ["http/1.1", "h2"],
  missing: () => missingPackage("apache2", PROGRAM),
  async describe() {
    return `Apache httpd ${await versionOf(PROGRAM, "-v")}, mpm_event, one process of ${CORE_CONNECTIONS} threads, as many kept connections to the core, access log to a file`;
  },
  start: (site) =>
    startDaemon({
      command: PROGRAM,
      args: ["-d", site.dir, "-f", "httpd.conf", "-DFOREGROUND"],
      dir: site.dir,
      file: "httpd.conf",
      configuration: (port) => configuration(site, port),
    }),
};

function configuration({ corePort, certFile, keyFile, dir }: Site, port: number): string {
  // Connections beyond a thread's own wait in the listener: so many for each idle thread.
  const perThread = Math.ceil(ALL_CONNECTIONS / CORE_CONNECTIONS) + 1;
  return `
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
ServerName localhost
DefaultRuntimeDir ${dir}
PidFile httpd.pid
ErrorLog error.log
# Its children may not be root; where the bench is not, this changes nothing.
User www-data
Group www-data
Listen 127.0.0.1:${port}
ListenBacklog 4096

StartServers 1
ServerLimit 1
ThreadLimit ${CORE_CONNECTIONS}
ThreadsPerChild ${CORE_CONNECTIONS}
MaxRequestWorkers ${CORE_CONNECTIONS}
MinSpareThreads 1
MaxSpareThreads ${CORE_CONNECTIONS}
AsyncRequestWorkerFactor ${perThread}
MaxConnectionsPerChild 0

KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout ${SILENCE_SECONDS}
Timeout ${SILENCE_SECONDS}
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog access.log combined

SSLSessionCache shmcb:${dir}/tls(10485760)
<VirtualHost 127.0.0.1:${port}>
  Protocols h2 http/1.1
  SSLEngine on
  SSLProtocol -all +TLSv1.2 +TLSv1.3
  SSLCertificateFile ${certFile}
  SSLCertificateKeyFile ${keyFile}
  ProxyPreserveHost On
  RequestHeader set X-Forwarded-Proto https
  RequestHeader set X-Real-IP "expr=%{REMOTE_ADDR}"
  RequestHeader set X-Request-Id "%{UNIQUE_ID}e"
  ProxyPass / http://127.0.0.1:${corePort}/ upgrade=websocket max=${CORE_CONNECTIONS} smax=${CORE_CONNECTIONS} ttl=${SILENCE_SECONDS}
</VirtualHost>
`;
}
