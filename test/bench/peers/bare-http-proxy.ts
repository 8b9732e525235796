import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runServer, said } from "../../support/server-process.ts";
import type { Peer } from "./peer.ts";

const SERVER = fileURLToPath(new URL("bare-http-proxy-server.ts", import.meta.url));

/** http-proxy as its documentation shows it, with the agent it needs: what a Node proxy costs that adds nothing. */
export const bareHttpProxy: Peer = {
  name: "http-proxy",
  protocols: ["http/1.1"],
  async describe() {
    const manifest: unknown = JSON.parse(
      await readFile(new URL("../../../node_modules/http-proxy/package.json", import.meta.url), "utf8"),
    );
    const version = manifest instanceof Object && "version" in manifest ? String(manifest.version) : "";
    return `http-proxy ${version} on Node.js ${process.versions.node}, one process, keep-alive agent, no access log`;
  },
  async start({ corePort, certFile, keyFile, dir }) {
    // It calls util._extend, which Node has deprecated.
    const args = ["--disable-warning=DEP0060", SERVER, String(corePort), certFile, keyFile];
    const program = runServer(process.execPath, args, { cwd: dir, hasOwnGroup: true });
    const [, port] = await said(program, /listening on (\d+)/);
    return { port: Number(port), pid: program.pid, [Symbol.asyncDispose]: () => program.stop() };
  },
};
