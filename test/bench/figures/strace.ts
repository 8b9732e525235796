import { once } from "node:events";
import { Agent, get } from "node:https";
import { runServer } from "../../support/server-process.ts";
import { startSidecar, TOKEN } from "../peers/sidecar.ts";
import { summarise } from "../statistics.ts";
import { spread } from "../table.ts";
import { treeOf } from "../usage.ts";
import type { Figure } from "./figure.ts";

/** From the request for a trace to its first line, of a process that is busy. */
export const strace: Figure = {
  name: "strace",
  async measure({ core, certFile, keyFile, makeDir, isQuick }) {
    const dir = await makeDir();
    await using sidecar = await startSidecar({ corePort: core.port, certFile, keyFile, dir });
    const [, worker = core.pid] = await treeOf(core.pid);
    // Straight to the core: the sidecar is not what is loaded here.
    const url = `http://127.0.0.1:${core.port}/1k`;
    await using load = runServer("h2load", ["--h1", "-c", "2", "-D", "60", "--rps", "500", url], {
      cwd: dir,
    });
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    const path = `/_sidecar/strace/${worker}/1`;
    const times: number[] = [];
    // The first one also opens the connection and looks for strace.
    for (let run = 0; run <= (isQuick ? 5 : 20); run++) {
      const ms = await firstLineMs({ port: sidecar.port, path, agent });
      if (run > 0) times.push(ms);
    }
    agent.destroy();
    if (load.hasEnded) throw new Error(`the load on the core has ended: ${load.output()}`);
    const { median, least, greatest } = summarise(times);
    return [
      {
        what: "strace, request to first line",
        value: `${median.toFixed(0)} ms`,
        how: `median of ${times.length} (${spread(least, greatest, 0)} ms): GET /_sidecar/strace/{pid}/1 of an nginx worker that serves 1,000 requests a second`,
      },
    ];
  },
};

async function firstLineMs(options: { port: number; path: string; agent: Agent }): Promise<number> {
  const startedAt = performance.now();
  const headers = { Host: "localhost", Authorization: `Bearer ${TOKEN}`, Accept: "text/plain" };
  const asked = get({ host: "127.0.0.1", headers, ...options });
  const [answer] = await once(asked, "response");
  let text = "";
  let ms: number | undefined;
  for await (const chunk of answer) {
    text += String(chunk);
    if (ms === undefined && text.includes("\n")) ms = performance.now() - startedAt;
  }
  if (answer.statusCode !== 200 || ms === undefined || text.startsWith("#")) {
    throw new Error(`no line of strace came: ${answer.statusCode} ${text}`);
  }
  return ms;
}
