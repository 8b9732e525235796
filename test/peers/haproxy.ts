import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { runServer, type ServerProcess } from "../support/server-process.ts";

/** HAProxy as the load balancer before the sidecar. */

/** A running HAProxy. */
export interface Haproxy extends AsyncDisposable {
  /** The ports of its proxies, in their order. */
  readonly ports: readonly number[];
}

const ATTEMPTS = 5;

/** Starts HAProxy with one proxy for each of `proxies`: the lines of a `listen` section, without its name and `bind`. */
export async function startHaproxy(proxies: readonly string[]): Promise<Haproxy> {
  const dir = await mkdtemp(join(tmpdir(), "tickbird-haproxy-"));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Between finding a free port and binding it, another program may get it.
    const ports: number[] = [];
    for (const _ of proxies) ports.push(await unusedPort());
    await writeFile(join(dir, "haproxy.cfg"), configuration(proxies, ports));
    const server = runServer("/usr/sbin/haproxy", ["-db", "-f", "haproxy.cfg"], { cwd: dir });
    if (!(await listens(server, ports))) continue;
    return {
      ports,
      async [Symbol.asyncDispose]() {
        await server.stop();
        await rm(dir, { recursive: true, force: true });
      },
    };
  }
  throw new Error("HAProxy found its ports taken, again and again");
}

/** Waits until it accepts; false when a port is taken. */
async function listens(server: ServerProcess, ports: readonly number[]): Promise<boolean> {
  const outcome = await poll("HAProxy to listen", async () => {
    if (server.hasEnded) return "ended";
    return (await Promise.all(ports.map(accepts))).every(Boolean) && "listening";
  });
  if (outcome === "listening") return true;
  if (server.output().includes("Address already in use")) return false;
  throw new Error(`HAProxy ended: ${server.output()}`);
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host: "127.0.0.1" });
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function configuration(proxies: readonly string[], ports: readonly number[]): string {
  const sections = proxies.map(
    (lines, index) => `listen proxy-${index}\n  bind 127.0.0.1:${ports[index]}\n${lines}\n`,
  );
  return `
global
  maxconn 1000
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${sections.join("")}`;
}
