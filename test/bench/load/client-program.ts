import type { z } from "zod";
import { LOAD_LIMIT_MS } from "./load.ts";

/** The load programs' side of `run-client.ts`: a job is the argument, the result a JSON document in the last line of output. */

/** Does the job and ends the process: with 1 and the reason on standard error where it fails, or takes too long. */
export async function serveJob<T>(schema: z.ZodType<T>, work: (job: T) => Promise<object>): Promise<void> {
  setTimeout(() => fail(new Error("the load takes too long")), LOAD_LIMIT_MS).unref();
  try {
    const result = await work(schema.parse(JSON.parse(process.argv[2] ?? "")));
    process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  process.stderr.write(error instanceof Error ? `${error.message}\n` : String(error), () => process.exit(1));
}
