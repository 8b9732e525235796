import { execFile } from "node:child_process";
import { appendFile, chown, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { runServer, type ServerProcess, said } from "../support/server-process.ts";

/** Debian's PostgreSQL: a server that forks a process for each connection, and runs as a user of its own. */

const VERSIONS = "/usr/lib/postgresql";
const run = promisify(execFile);

/** A running PostgreSQL. */
export interface Postgres extends AsyncDisposable {
  readonly port: number;
  /** Of the process that all others are below. */
  readonly pid: number;
  /** The folder with its configuration. */
  readonly data: string;
  /** The server's program, and what runs something as its user, who alone may use that. */
  readonly program: string;
  readonly asItsUser: readonly string[];
  /** What psql says to a statement, over a connection of its own. */
  ask(sql: string): Promise<string>;
  /** Has psql ask the same again and again, over one connection. */
  askForEver(sql: string): Promise<ServerProcess>;
}

/**
 * Starts PostgreSQL on a free port of loopback, with an empty cluster, and waits until it accepts.
 * @param configuration what stands at the end of its postgresql.conf.
 */
export async function startPostgres(configuration = ""): Promise<Postgres> {
  const [version = ""] = (await readdir(VERSIONS)).toSorted().reverse();
  const program = (name: string) => join(VERSIONS, version, "bin", name);
  const dir = await mkdtemp(join(tmpdir(), "tickbird-postgres-"));
  const [command, wrapping] = await asItsUser(dir);
  const data = join(dir, "data");
  const creation = ["-D", data, "--auth=trust", "--username=postgres", "--no-sync", "--locale=C"];
  await run(command, [...wrapping, program("initdb"), ...creation]);
  await appendFile(join(data, "postgresql.conf"), configuration);
  const port = await unusedPort();
  const options = ["-D", data, "-k", dir, "-h", "127.0.0.1", "-p", String(port), "-F"];
  const server = runServer(command, [...wrapping, program("postgres"), ...options], { cwd: dir });
  const connection = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-At"];
  const ask = async (sql: string) => (await run(program("psql"), [...connection, "-c", sql])).stdout;
  if (configuration === "") await said(server, /database system is ready to accept connections/);
  // Its log may go elsewhere.
  else await poll("PostgreSQL answers", () => ask("SELECT 1"), { timeoutMs: 60_000, intervalMs: 200 });
  return {
    ...{ port, data, ask, pid: server.pid, program: program("postgres") },
    asItsUser: wrapping.length === 0 ? [] : [command, ...wrapping],
    async askForEver(sql) {
      const file = join(dir, "watch.sql");
      await writeFile(file, `${sql} \\watch 0.02\n`);
      return runServer(program("psql"), [...connection, "-f", file], { cwd: dir });
    },
    async [Symbol.asyncDispose]() {
      // SIGINT: what is still connected is sent away.
      await server.stop("SIGINT");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What it is started with: it refuses to run as root, and Debian has made it a user, whose folder this is. */
async function asItsUser(dir: string): Promise<readonly [string, readonly string[]]> {
  if (process.getuid?.() !== 0) return ["env", []];
  const { uid, gid } = await stat("/var/lib/postgresql");
  await chown(dir, uid, gid);
  return ["setpriv", [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"]];
}
