import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { runServer, type ServerProcess } from "../../support/server-process.ts";
import { LOAD_LIMIT_MS } from "./load.ts";

/** The bench's side of its own load programs: `*-client.ts`, each run as a process whose CPU time is not the proxy's. */

/** A load program that runs. */
export interface Client extends AsyncDisposable {
  readonly process: ServerProcess;
  /**
   * Waits for its end; gives the result.
   * @throws {Error} when it has failed, or took too long.
   */
  result<T>(schema: z.ZodType<T>): Promise<T>;
}

/** Starts a load program with a job. */
export function startClient(program: URL, job: object, dir: string): Client {
  const args = [fileURLToPath(program), JSON.stringify(job)];
  const client = runServer(process.execPath, args, { cwd: dir, hasOwnGroup: true });
  const timer = setTimeout(() => client.signal("SIGKILL"), LOAD_LIMIT_MS);
  return {
    process: client,
    async result(schema) {
      const outcome = await client.ended();
      clearTimeout(timer);
      if (outcome !== 0)
        throw new Error(`${basename(program.pathname)} ended with ${outcome}: ${client.output()}`);
      return schema.parse(JSON.parse(client.output().trimEnd().split("\n").at(-1) ?? ""));
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await client.stop();
    },
  };
}
