import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { versionList } from "../../src/features/config/history/history-schema.ts";
import { type ServedConfig, serveConfig, testFolder } from "../features/config/support/serve-config.ts";
import { startTarget } from "../linux/target-process.ts";
import { COMPILED } from "../support/compiled.ts";
import { randomOf } from "../support/random.ts";

/**
 * A sidecar that changes files all the time is killed at a random instant, again and again: each file must be an old or
 * a new content, whole; files that were changed together must be the same again once the next sidecar has started.
 */

const ROUNDS = Number(process.env["SOAK_KILLS"] ?? 30);
const SEED = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
const MAX_ROUND_MS = 30_000;
/** Changing three files takes some 15 ms: so every instant of it is hit. */
const MAX_INSTANT_MS = 60;
const NAMES = ["a.txt", "b.txt", "c.txt"];

/** The number of a content. Fails where it is a part of one, or a mixture of two. */
function numberOf(content: string): number {
  const [first = "", middle = "", last, rest] = content.split("\n");
  const number = Number(first);
  expect(last).toBe(`end of ${number}`);
  expect(rest).toBe("");
  expect(middle).toBe("x".repeat((number * 7_919) % 60_000));
  return number;
}

async function latestOf(app: ServedConfig, name: string) {
  const { versions } = versionList.parse(await (await app.get(`/config/${name}/versions`)).json());
  return versions[0];
}

test(
  `${ROUNDS} kills amid changes leave whole files, and of a change of several all or none`,
  async () => {
    const random = randomOf(SEED);
    await using folder = await testFolder();
    await using state = await testFolder();
    for (const name of NAMES) await folder.write(name, "0\n\nend of 0\n");
    // Most of the time of a round would be spent on beginning.
    const env = { ...process.env, ...COMPILED };
    let number = 1;
    let putBack = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const path = new URL("./change-rounds.ts", import.meta.url).pathname;
      const argv = [process.execPath, path, folder.path, state.path, String(number)];
      {
        await using changer = await startTarget(argv, { env, stdio: ["ignore", "pipe", "ignore"] });
        expect(JSON.parse(await changer.line())).toEqual({ ready: true });
        await delay(random.int(MAX_INSTANT_MS));
        changer.child.kill("SIGKILL");
      }
      const seen = await Promise.all(NAMES.map(async (name) => numberOf(await folder.read(name))));
      await using app = await serveConfig(
        { files: NAMES.map((name) => `${folder.path}/${name}`), history: { maxVersions: 5 } },
        { state: state.path },
      );
      const [a, b] = await Promise.all(NAMES.map(async (name) => numberOf(await folder.read(name))));
      expect(a, `seed ${SEED}, round ${round}: found ${seen}`).toBe(b);
      if (seen[0] !== seen[1]) putBack += 1;
      for (const name of NAMES) {
        const latest = await latestOf(app, name);
        expect(latest).toMatchObject({ etag: await app.etag(name), isCurrent: true });
        expect(latest?.kind).toMatch(/^(found|change)$/);
      }
      number = Math.max(...seen) + 1;
    }
    // What was written beside the files is theirs alone, and is swept away a minute later.
    const left = (await readdir(folder.path)).filter((name) => !NAMES.includes(name));
    for (const name of left) expect(name).toMatch(/^\.tickbird-[0-9a-f]{12}\.tmp$/);
    process.stdout.write(`${ROUNDS} kills, ${putBack} of them between two files of a change\n`);
  },
  ROUNDS * MAX_ROUND_MS,
);
