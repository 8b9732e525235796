import { request } from "node:https";
import { messageOf } from "./base/errors.ts";
import type { Settings } from "./settings/schema.ts";

/** The command `healthcheck`: apart from the rest, since an orchestrator runs it every few seconds. */

/** Asks the sidecar that runs with these settings for `/livez`. */
export async function askLiveness(settings: Settings): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asked = request(
    {
      host: settings.https.host ?? "127.0.0.1",
      port: settings.https.port,
      path: `${settings.prefix}/livez`,
      headers: { Host: "localhost" },
      agent: false,
      timeout: 3_000,
      // The answer is one bit about this very machine: whose certificate it is does not matter.
      rejectUnauthorized: false,
    },
    (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    },
  );
  asked.on("timeout", () => asked.destroy());
  asked.on("error", (error) => {
    process.stderr.write(`${messageOf(error)}\n`);
    resolve(false);
  });
  asked.end();
  return promise;
}
