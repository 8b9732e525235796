import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runServer, said } from "../../support/server-process.ts";
import { CORE_CONNECTIONS, type Peer } from "./peer.ts";

/** What a proxy from npm is run with. */
export interface NodePeer {
  /** That of its package in `test/bench/package.json`. */
  readonly package: string;
  /** The program that serves with it, made with `node-server.ts`. */
  readonly server: URL;
  /** What about its configuration matters. */
  readonly settings: string;
  readonly flags?: readonly string[];
}

const INSTALL = "npm ci --prefix test/bench";

/** A proxy from npm, with HTTPS by Node in front of it and connections to the core that it keeps. */
export function nodePeer({ package: name, server, settings, flags = [] }: NodePeer): Peer {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const program = fileURLToPath(server);
  return {
    name,
    protocols: ["http/1.1"],
    missing: () => (existsSync(manifest) ? undefined : INSTALL),
    async describe() {
      const { version }: { version?: unknown } = JSON.parse(await readFile(manifest, "utf8"));
      return `${name} ${version} on Node.js ${process.versions.node}, one process, ${settings}`;
    },
    async start({ corePort, certFile, keyFile, dir }) {
      const args = [...flags, program, String(corePort), certFile, keyFile, String(CORE_CONNECTIONS)];
      const running = runServer(process.execPath, args, {
        ...{ cwd: dir, hasOwnGroup: true, env: { NODE_ENV: "production" } },
      });
      const [, port] = await said(running, /listening on (\d+)/);
      return { port: Number(port), pid: running.pid, [Symbol.asyncDispose]: () => running.stop() };
    },
  };
}
