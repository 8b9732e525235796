import { flushCompileCache } from "node:module";
import { serveConfig } from "../features/config/support/serve-config.ts";
import { type Changed, contentOf, isFit, killSettings } from "./kill-contents.ts";

/**
 * Sidecars that change configuration files as fast as they can, until all are killed at once: `node change-rounds.ts <lane>…`,
 * each lane as JSON: `{"folder":…,"state":…,"url":…,"first":1}`. Says `{"ready":true}` when they are up, and before each
 * change what is changed: `{"lane":0,"files":"ab","number":7}`.
 */

/** What one of the sidecars has. */
interface Lane {
  readonly folder: string;
  readonly state: string;
  readonly url: string;
  readonly first: number;
}

// To a pipe: it is written at once, and so outlives us.
const say = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`);

const started = await Promise.all(
  process.argv.slice(2).map(async (text) => {
    const lane: Lane = JSON.parse(text);
    const { folder, state, url } = lane;
    return { lane, app: await serveConfig(killSettings(folder), { state, url }) };
  }),
);

/** Changes files together, or one by itself, and waits until the app has taken it or it was put back. */
async function change(index: number, names: Changed["files"], number: number, status = 200): Promise<void> {
  const app = started[index]?.app;
  if (app === undefined) throw new Error("no such lane");
  say({ lane: index, files: names, number });
  const content = contentOf(names, number);
  const files = [...names].map((name) => ({ name: `${name}.txt`, ifMatch: "*", content }));
  const wait = { prefer: "wait=600" };
  const answer =
    files.length === 1
      ? await app.put(`${names}.txt`, content, { "if-match": "*", ...wait })
      : await app.get("/changes", {
          method: "POST",
          body: JSON.stringify({ files }),
          headers: { "content-type": "application/json", ...wait },
        });
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${answer.status}: ${text}`);
}

// It is killed, and would not do it itself.
flushCompileCache();
say({ ready: true });
await Promise.all(
  started.map(async ({ lane: { first } }, index) => {
    for (let number = first; ; number++) {
      await change(index, "ab", number);
      await change(index, "c", number);
      await change(index, "de", number, isFit(number) ? 200 : 422);
      await change(index, "f", number);
    }
  }),
);
