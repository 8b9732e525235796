import { fileURLToPath } from "node:url";
import { runServer, said } from "../../support/server-process.ts";
import type { Peer } from "./peer.ts";

const PROGRAM = fileURLToPath(new URL("node-floor-server.ts", import.meta.url));

/** Node's TLS and sockets with nothing done in between: below it no proxy on Node can come by documented interfaces. */
export const nodeFloor: Peer = {
  name: "node-floor",
  protocols: ["http/1.1"],
  missing: () => undefined,
  async describe() {
    return `Node.js ${process.versions.node}, TLS and TCP alone: no proxy, but what one on Node can't be below`;
  },
  async start({ corePort, certFile, keyFile, dir }) {
    const running = runServer(process.execPath, [PROGRAM, String(corePort), certFile, keyFile, "0"], {
      ...{ cwd: dir, hasOwnGroup: true },
    });
    const [, port] = await said(running, /listening on (\d+)/);
    return { port: Number(port), pid: running.pid, [Symbol.asyncDispose]: () => running.stop() };
  },
};
