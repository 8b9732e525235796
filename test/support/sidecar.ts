import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endWithUs } from "./children.ts";
import { COMPILED } from "./compiled.ts";
import { poll } from "./poll.ts";

/** The operator's token of sidecars that tests start. */
export const TOKEN = "e2e-operator-token";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** What came back of one request. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON; throws where it is none. */
  json(): Record<string, unknown>;
}

/** How to ask. */
export interface AskOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Sent as `Authorization: Bearer`; the operator's by default, null for none. */
  readonly token?: string | null;
  /** A client certificate to show. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** When to give up, where an answer may never come. */
  readonly timeoutMs?: number;
}

/** The program, run as a process of its own. */
export interface Program extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Everything on standard output and standard error so far. */
  stdout(): string;
  stderr(): string;
  /** Waits for its end; gives the exit code, or the signal's name. */
  ended(): Promise<number | string>;
}

/** A sidecar, run as a process of its own. */
export interface RunningSidecar extends Program {
  readonly port: number;
  /** The state folder; gone afterwards. */
  readonly dir: string;
  ca(): Promise<string>;
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** The log lines so far, parsed. */
  log(): Record<string, unknown>[];
}

/**
 * Runs the program with these arguments and this environment, and nothing else of ours in it but where to find what is
 * compiled already.
 * @param starter a command that starts it, such as setpriv(1) with its options.
 */
export function runProgram(
  args: readonly string[],
  env: Record<string, string> = {},
  starter: readonly string[] = [],
): Program {
  const [command = process.execPath, ...rest] = [...starter, process.execPath, MAIN, ...args];
  const child = spawn(command, rest, {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...COMPILED, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithUs(child, () => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += String(chunk);
  });
  const end = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  return {
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended: () => end,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await end;
    },
  };
}

/** Starts a sidecar before the core on `corePort` of loopback, on a free port, and waits until it listens. */
export async function startSidecarProcess(
  corePort: number,
  env: Record<string, string> = {},
  starter: readonly string[] = [],
): Promise<RunningSidecar> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tickbird-e2e-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const program = stack.use(
    runProgram(
      ["--core", `http://127.0.0.1:${corePort}`],
      {
        SIDECAR_HTTPS_PORT: "0",
        SIDECAR_HTTP_ENABLED: "false",
        SIDECAR_CERTS_DIR: dir,
        SIDECAR_AUTH_TOKEN: TOKEN,
        SIDECAR_HEALTH_INTERVAL_MS: "200",
        ...env,
      },
      starter,
    ),
  );
  const hasBegun = () => {
    const port = /https:\/\/localhost:(\d+)\//.exec(program.stderr())?.[1];
    return port === undefined ? program.process.exitCode !== null && { port: 0 } : { port: Number(port) };
  };
  const begun = await poll("the sidecar to listen", hasBegun, { timeoutMs: 90_000 });
  if (begun.port === 0) throw new Error(`The sidecar ended at once: ${program.stderr()}`);
  const { port } = begun;
  const ca = () => readFile(join(dir, "ca.crt"), "utf8");
  const owned = stack.move();
  return {
    ...program,
    ...{ port, dir, ca },
    log: () => parseLines(program.stdout()),
    ask: async (path, options) => ask(port, await ca(), path, options),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Asks `https://localhost:<port><path>` over a connection of its own, trusting `ca`. */
export function ask(port: number, ca: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body, token = TOKEN, tls = {}, timeoutMs } = options;
  const authorization = token === null ? {} : { Authorization: `Bearer ${token}` };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request(
    {
      host: "127.0.0.1",
      port,
      path,
      method,
      ca,
      servername: "localhost",
      agent: false,
      ...tls,
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
      headers: { Host: "localhost", ...authorization, ...headers },
    },
    (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: text,
          json: () => JSON.parse(text),
        });
      });
    },
  );
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line));
}
