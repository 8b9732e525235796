import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startProgram } from "./demo/program.ts";

/**
 * `npm run demo`: the demo app with the sidecar in front of it, without Docker, until Ctrl-C.
 * What they write lives in a temporary folder that goes when they do.
 */

const READY_TIMEOUT_MS = 30_000;
const REPEATED_SIGNAL_MS = 300;

const { values: options } = parseArgs({ options: { verbose: { type: "boolean", default: false } } });
const token = crypto.randomUUID();
const folder = mkdtempSync(join(tmpdir(), "tickbird-demo-"));
const programs: ReturnType<typeof startProgram>[] = [];

process.on("exit", () => {
  for (const program of programs) program.kill();
  rmSync(folder, { recursive: true, force: true });
});

const exitCode = await Promise.race([run(), interruption()]);
for (const program of programs.toReversed()) await program.stop();
process.exit(exitCode);

async function run(): Promise<number> {
  try {
    const corePort = await startCore();
    const port = await startSidecar(corePort);
    console.log(await describe(port, corePort));
    await Promise.race(programs.map((program) => program.ended));
    return 1;
  } catch (error) {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

/** Starts the app; gives its port. */
async function startCore(): Promise<number> {
  const config = join(folder, "legacy.ini");
  copyFileSync(new URL("legacy-app/legacy.ini", import.meta.url), config);
  const core = startProgram("the demo app", ["examples/legacy-app/server.mjs"], {
    env: {
      LEGACY_PORT: "0",
      // As in a container, nobody but the sidecar (and who sits at this machine) reaches it.
      LEGACY_HOST: "127.0.0.1",
      LEGACY_CONFIG: config,
      LEGACY_LOG: join(folder, "legacy.log"),
    },
    echo: options.verbose,
  });
  programs.push(core);
  const [, port] = await Promise.race([core.says(/http:\/\/localhost:(\d+)/), core.ended]);
  return Number(port);
}

/** Starts the sidecar and waits until it is ready; gives its HTTPS port. */
async function startSidecar(corePort: number): Promise<number> {
  const port = await freePort(8443);
  const sidecar = startProgram("the sidecar", ["src/main.ts"], {
    env: {
      SIDECAR_CORE_URL: `http://127.0.0.1:${corePort}`,
      SIDECAR_HTTPS_PORT: String(port),
      SIDECAR_HTTP_PORT: String(await freePort(8080)),
      SIDECAR_CERTS_DIR: join(folder, "certs"),
      SIDECAR_AUTH_TOKEN: token,
      SIDECAR_CONFIG_FILES: join(folder, "legacy.ini"),
      SIDECAR_CONFIG_RELOAD: "{kind: signal, signal: SIGHUP}",
      SIDECAR_LOGS_FILES: join(folder, "legacy.log"),
      // An open dashboard or event stream shall not hold a Ctrl-C up.
      SIDECAR_SHUTDOWN_GRACE_MS: "1000",
    },
    echo: options.verbose,
  });
  programs.push(sidecar);
  await Promise.race([untilReady(port), sidecar.ended]);
  return port;
}

async function untilReady(port: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const answer = await get(port, "/_sidecar/readyz").catch(() => undefined);
    if (answer?.statusCode === 200) return;
    await delay(50);
  }
  throw new Error(`the sidecar was not ready within ${READY_TIMEOUT_MS} ms`);
}

async function describe(port: number, corePort: number): Promise<string> {
  const url = `https://localhost:${port}`;
  const { headers, statusCode } = await get(port, "/_sidecar/config/legacy.ini");
  if (statusCode !== 200) throw new Error(`the configuration API answered ${statusCode}`);
  const curl = `curl -k -H 'Authorization: Bearer ${token}'`;
  return `
  The app      ${url}/   (the demo app itself: http://127.0.0.1:${corePort}/)
  Dashboard    ${url}/_sidecar/#token=${token}

  Try, in another terminal:

  # the app, over HTTPS
  curl -k ${url}/about

  # its system calls, while you reload a page
  ${curl} -H 'Accept: text/plain' ${url}/_sidecar/strace

  # a change of its configuration, which it takes over at once (see the start page)
  ${curl} -X PATCH -H 'If-Match: ${headers.etag}' \\
    -H 'Content-Type: application/merge-patch+json' -d '{"site": {"greeting": "Good morning"}}' \\
    ${url}/_sidecar/config/legacy.ini

  Ctrl-C stops both.
`;
}

/** Asks the sidecar. It runs on this very machine, with a certificate it has just made: there is nothing to verify. */
async function get(port: number, path: string): Promise<IncomingMessage> {
  const asked = request({
    ...{ host: "127.0.0.1", port, path, agent: false, rejectUnauthorized: false },
    headers: { Host: "localhost", Authorization: `Bearer ${token}` },
  });
  asked.end();
  const [answer] = await once(asked, "response");
  answer.resume();
  return answer;
}

/** The wanted port, or any free one where it is taken. */
async function freePort(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    try {
      server.listen(port);
      await once(server, "listening");
      const address = server.address();
      if (typeof address === "object" && address !== null) return address.port;
    } catch {
      // Taken: the next one.
    } finally {
      server.close();
    }
  }
  throw new Error("no port is free");
}

/** Resolves at the first Ctrl-C (or SIGTERM); a second one ends the demo at once. */
async function interruption(): Promise<number> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        firstAt ??= performance.now();
        resolve(0);
        // npm passes a Ctrl-C on that the terminal has sent to us already: that is still the first one.
        if (performance.now() - firstAt > REPEATED_SIGNAL_MS) process.exit(130);
      });
    }
  });
}
