import { readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { etagOf } from "../../../../src/features/config/content.ts";
import { versionList } from "../../../../src/features/config/history/history-schema.ts";
import { startNode } from "../../../linux/target-process.ts";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

/**
 * Puts a link to the second file, and a file, in the place of the first in turns: mostly as fast as it can, and at times
 * it leaves the one or the other for long enough that it can be met.
 */
const SWAPPER = `
import { renameSync, symlinkSync, writeFileSync } from "node:fs";
const [path, secret] = process.argv.slice(1);
const nobody = new Int32Array(new SharedArrayBuffer(4));
const leaveIt = (atMostMs) => Atomics.wait(nobody, 0, 0, Math.random() ** 4 * atMostMs);
for (let round = 0; ; round++) {
  symlinkSync(secret, path + ".new");
  renameSync(path + ".new", path);
  leaveIt(600);
  writeFileSync(path + ".new", "a = " + round + "\\n");
  renameSync(path + ".new", path);
  if (round === 0) console.log("swapping");
  leaveIt(2_000);
}`;

const SECRET = "hush-4711";
const DEADLINE_MS = 150_000;
/** So often each way must have been refused, and so often have worked. */
const OFTEN = 5;
const AT_TIMES = 2;

type Ask = (app: ServedConfig, round: number) => Promise<Response>;
const ASKS: Readonly<Record<string, Ask>> = {
  GET: (app) => app.get("/config/app.ini?secrets=show", { headers: { accept: "application/json" } }),
  PUT: (app, round) => app.put("app.ini", `b = ${round}\n`, { "if-match": "*" }),
  PATCH: (app, round) => app.patch("app.ini", { c: String(round) }, { "if-match": "*" }),
};

test("a link that another program puts in the place of a file, at whatever moment, is neither read nor written", async () => {
  await using folder = await testFolder();
  await using elsewhere = await testFolder();
  const path = await folder.write("app.ini", "a = 0\n");
  const secret = await elsewhere.write("secret.ini", `a = ${SECRET}\n`);
  const before = await stat(secret, { bigint: true });
  await using app = await serveConfig({ files: [path], history: { maxVersions: 10_000 } });
  await using swapper = await startNode(SWAPPER, path, secret);
  expect(await swapper.line()).toBe("swapping");
  const statuses = new Map(Object.keys(ASKS).map((method) => [method, new Map<number, number>()]));
  const isMet = () =>
    [...statuses.values()].every(
      (each) => (each.get(200) ?? 0) >= AT_TIMES && (each.get(409) ?? 0) + (each.get(412) ?? 0) >= OFTEN,
    );
  const untilMs = performance.now() + DEADLINE_MS;
  for (let round = 0; !isMet() && performance.now() < untilMs; round++) {
    for (const [method, ask] of Object.entries(ASKS)) {
      const answer = await ask(app, round);
      const text = await answer.text();
      expect(text).not.toContain(SECRET);
      expect([200, 409, 412], `${method}: ${text}`).toContain(answer.status);
      const counts = statuses.get(method);
      counts?.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
    }
  }
  await swapper.kill();
  expect(isMet(), JSON.stringify([...statuses].map(([method, counts]) => [method, [...counts]]))).toBe(true);
  expect(await readFile(secret, "utf8")).toBe(`a = ${SECRET}\n`);
  const after = await stat(secret, { bigint: true });
  expect([after.ino, after.mtimeNs, after.ctimeNs]).toEqual([before.ino, before.mtimeNs, before.ctimeNs]);
  const { versions } = versionList.parse(await (await app.get("/config/app.ini/versions")).json());
  const etags = new Set(versions.map(({ etag }) => etag));
  expect(etags.size).toBeGreaterThan(AT_TIMES);
  expect(etags).not.toContain(etagOf(await readFile(secret)));
}, 180_000);
