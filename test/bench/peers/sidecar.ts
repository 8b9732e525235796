import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../../src/version.ts";
import { IMAGE_FLAGS } from "../../support/image-flags.ts";
import { runServer, said } from "../../support/server-process.ts";
import type { Peer, RunningPeer, Site } from "./peer.ts";

/** The token that the benchmark uses. */
export const TOKEN = "bench-operator-token";

/** The compiled program, as the image runs it. */
export const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));

/** This sidecar with its defaults, compiled. */
export const sidecar: Peer = {
  name: "tickbird",
  protocols: ["http/1.1", "h2"],
  missing: () => undefined,
  async describe() {
    return `Tickbird ${VERSION}, Node.js ${process.versions.node} (OpenSSL ${process.versions.openssl}), started as in the image (${IMAGE_FLAGS.join(" ")}), one process, its defaults, access log to a file`;
  },
  start: (site) => startSidecar(site),
};

/** Starts it; with further settings, where given. */
export async function startSidecar(
  { corePort, certFile, keyFile, dir }: Site,
  { env = {}, flags = [] }: { env?: Record<string, string>; flags?: readonly string[] } = {},
): Promise<RunningPeer> {
  const program = runServer(
    process.execPath,
    [...IMAGE_FLAGS, ...flags, MAIN, "--core", `http://127.0.0.1:${corePort}`],
    {
      cwd: dir,
      env: {
        SIDECAR_HTTPS_PORT: "0",
        SIDECAR_HTTPS_HOST: "127.0.0.1",
        SIDECAR_HTTPS_CERT_FILE: certFile,
        SIDECAR_HTTPS_KEY_FILE: keyFile,
        SIDECAR_HTTP_ENABLED: "false",
        SIDECAR_CERTS_DIR: join(dir, "certs"),
        SIDECAR_AUTH_TOKEN: TOKEN,
        ...env,
      },
      stdoutFile: join(dir, "access.log"),
      hasOwnGroup: true,
    },
  );
  const [, port] = await said(program, /: https:\/\/localhost:(\d+)\//);
  return { port: Number(port), pid: program.pid, [Symbol.asyncDispose]: () => program.stop() };
}
