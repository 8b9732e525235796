import { existsSync } from "node:fs";
import { describe } from "vitest";

/** Servers and tools that others wrote, from Debian packages: whether they are here. */

/** What installs all of them. */
const INSTALL =
  "apt-get install -y haproxy nginx-light tomcat10 tomcat10-examples postgresql strace slowhttptest sslscan testssl.sh prometheus";

/** The files that tell that a server is installed. */
const INSTALLED = {
  haproxy: ["/usr/sbin/haproxy"],
  nginx: ["/usr/sbin/nginx"],
  tomcat: ["/usr/bin/java", "/usr/share/tomcat10/bin/bootstrap.jar", "/usr/share/tomcat10-examples/examples"],
  postgres: ["/usr/lib/postgresql", "/usr/bin/psql"],
  strace: ["/usr/bin/strace"],
  slowhttptest: ["/usr/bin/slowhttptest"],
  sslscan: ["/usr/bin/sslscan"],
  prometheus: ["/usr/bin/prometheus", "/usr/bin/promtool"],
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
