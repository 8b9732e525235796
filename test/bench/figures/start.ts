import { get } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { unusedPort } from "../../support/front.ts";
import { runServer } from "../../support/server-process.ts";
import { MAIN, TOKEN } from "../peers/sidecar.ts";
import { summarise } from "../statistics.ts";
import { spread } from "../table.ts";
import type { Figure, FigureParts, FigureRow } from "./figure.ts";

const TIME_LIMIT_MS = 30_000;

/** From starting the process to the first answer of the core that a client has through it. */
export const start: Figure = {
  name: "start",
  async measure(parts) {
    const runs = parts.isQuick ? 2 : 5;
    const made: number[] = [];
    const found: number[] = [];
    for (let run = 0; run < runs; run++) {
      const dir = await parts.makeDir();
      made.push(await startOnce(parts, dir));
      found.push(await startOnce(parts, dir));
    }
    return [
      row("Start to first served request, certificates made", made),
      row("Start to first served request, certificates there", found),
    ];
  },
};

function row(what: string, ms: readonly number[]): FigureRow {
  const { median, least, greatest } = summarise(ms);
  return {
    what,
    value: `${median.toFixed(0)} ms`,
    how: `median of ${ms.length} starts (${spread(least, greatest, 0)} ms), from spawn to the last byte of a new connection's first answer`,
  };
}

async function startOnce({ core }: FigureParts, dir: string): Promise<number> {
  const port = await unusedPort();
  const startedAt = performance.now();
  await using _program = runServer(process.execPath, [MAIN, "--core", `http://127.0.0.1:${core.port}`], {
    cwd: dir,
    env: {
      SIDECAR_HTTPS_PORT: String(port),
      SIDECAR_HTTP_ENABLED: "false",
      SIDECAR_CERTS_DIR: join(dir, "certs"),
      SIDECAR_AUTH_TOKEN: TOKEN,
    },
    stdoutFile: join(dir, "access.log"),
    hasOwnGroup: true,
  });
  while (!(await isServed(port))) {
    if (performance.now() - startedAt > TIME_LIMIT_MS) throw new Error("the sidecar did not start in time");
    await delay(1);
  }
  return performance.now() - startedAt;
}

/** Asks once, over a connection of its own. */
function isServed(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // Whose certificate it is does not matter here.
  const options = { host: "127.0.0.1", port, path: "/1k", agent: false, rejectUnauthorized: false };
  const asked = get(options, (answer) => {
    answer.resume();
    answer.once("end", () => resolve(answer.statusCode === 200));
  });
  asked.once("error", () => resolve(false));
  return promise;
}
