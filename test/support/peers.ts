import { existsSync } from "node:fs";
import { describe } from "vitest";

/** Servers and tools that others wrote, from Debian packages: whether they are here. */

/** What installs all of them. */
const INSTALL =
  "apt-get install -y haproxy nginx-light tomcat10 tomcat10-examples postgresql redis-server python3 strace slowhttptest sslscan testssl.sh prometheus rsyslog rsyslog-gnutls default-jdk-headless libjolokia-core-java iproute2";

/** The files that tell that a server is installed. */
const INSTALLED = {
  haproxy: ["/usr/sbin/haproxy"],
  nginx: ["/usr/sbin/nginx"],
  tomcat: ["/usr/bin/java", "/usr/share/tomcat10/bin/bootstrap.jar", "/usr/share/tomcat10-examples/examples"],
  jolokia: ["/usr/share/java/jolokia-core.jar", "/usr/share/java/json-simple.jar"],
  postgres: ["/usr/lib/postgresql", "/usr/bin/psql"],
  jdk: ["/usr/bin/java", "/usr/bin/javac", "/usr/bin/jcmd", "/usr/bin/keytool"],
  redis: ["/usr/bin/redis-server", "/usr/bin/redis-cli"],
  python: ["/usr/bin/python3"],
  strace: ["/usr/bin/strace"],
  slowhttptest: ["/usr/bin/slowhttptest"],
  sslscan: ["/usr/bin/sslscan"],
  prometheus: ["/usr/bin/prometheus", "/usr/bin/promtool"],
  rsyslog: ["/usr/sbin/rsyslogd", "/usr/share/doc/rsyslog-gnutls"],
  testssl: ["/usr/bin/testssl", "/usr/bin/openssl"],
} as const;

/** The servers that tests can put behind the sidecar or before it, and the tools that watch or attack it. */
export type PeerName = keyof typeof INSTALLED;

/**
 * A group of tests that need servers: where one is not installed it says what installs it, and skips the group, or
 * fails where `CI` is set.
 */
export function describeWith(peers: readonly PeerName[], title: string, tests: () => void): void {
  const missing = peers.flatMap((peer) => INSTALLED[peer]).filter((path) => !existsSync(path));
  if (missing.length === 0) {
    describe(title, tests);
    return;
  }
  const reason = `${missing.join(" and ")} not found; what mends it: ${INSTALL}`;
  if (process.env["CI"]) throw new Error(`${title}: ${reason}`);
  console.warn(`skipped: ${title}: ${reason}`);
  describe.skip(title, tests);
}
