import { copyFile, rename, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { logPage } from "../../../src/features/logs/log-schema.ts";
import { type ServedFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";
import { logFolder, serveLogs } from "./serve-logs.ts";

const LONG = `{"${"x".repeat(10_000_000)}"}`;

async function linesOf(served: ServedFeatures) {
  const answer = await served.get("/logs/app.log", { headers: { Accept: "application/json" } });
  return logPage.parse(await answer.json()).lines;
}

describe("GET /logs/{name}/lines/{cursor}", () => {
  test("gives a line of 10 MB whole that is cut among others, and HEAD its length, through every rotation", async () => {
    await using folder = await logFolder();
    const content = `first\n${LONG}\n\nlast\n`;
    await folder.write("app.log", content);
    await using served = await serveLogs({ files: [folder.path("app.log")], maxLineBytes: 2_048 });
    const lines = await linesOf(served);
    expect(lines[1]).toMatchObject({ isCut: true });
    const whole = (index: number, init = {}) =>
      served.get(`/logs/app.log/lines/${lines[index]?.cursor}`, init);
    const expectAll = async () => {
      expect(await (await whole(0)).text()).toBe("first");
      expect((await (await whole(1)).text()) === LONG).toBe(true);
      expect(await (await whole(2)).text()).toBe("");
      expect(await (await whole(3)).text()).toBe("last");
    };
    await expectAll();
    const head = await whole(1, { method: "HEAD" });
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(LONG.length)]);

    await rename(folder.path("app.log"), folder.path("app.log.1"));
    await folder.write("app.log", "of the new file\n");
    await expectAll();
    await copyFile(folder.path("app.log.1"), folder.path("copy"));
    await writeFile(folder.path("app.log.1.gz"), gzipSync(content));
    await rm(folder.path("app.log.1"));
    await expectAll();
  });

  test("says what is wrong with a cursor that no line has, and with a line that is longer than is allowed", async () => {
    await using folder = await logFolder();
    await folder.write("app.log", `${"y".repeat(5_000)}\nhalf`);
    await using served = await serveLogs({ files: [folder.path("app.log")], maxBytes: 4_096 });
    const [line, half] = await linesOf(served);
    const ask = async (cursor: string) => {
      const answer = await served.get(`/logs/app.log/lines/${cursor}`);
      return [answer.status, await answer.json()];
    };
    expect(await ask(line?.cursor ?? "")).toMatchObject([409, { remedy: "SIDECAR_LOGS_MAX_BYTES=5000" }]);
    for (const cursor of ["none", "0.47DEQpj8HBSa-_TI.0", (half?.cursor ?? "").replace(/\d+$/, "4")]) {
      expect(await ask(cursor)).toMatchObject([404, { code: "not-found" }]);
    }
    const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };
    expect((await served.get(`/logs/app.log/lines/${line?.cursor}`, asViewer)).status).toBe(403);
  });
});
