import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { poll } from "../../../support/poll.ts";
import { type ServedConfig, serveConfig, testFolder } from "../support/serve-config.ts";

/** Reads a stream of events in the background. */
async function follow(app: ServedConfig, name: string, headers: Record<string, string>) {
  const stop = new AbortController();
  const answer = await app.get(`/config/${name}/events`, { headers, signal: stop.signal });
  expect(answer.status).toBe(200);
  let text = "";
  const reading = (async () => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => {});
  return {
    text: () => text,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
    },
  };
}

test("the stream of a file tells of each version, whoever made it, and goes on after a break", async () => {
  await using folder = await testFolder();
  const path = await folder.write("app.ini", "a = 1\n");
  await using app = await serveConfig({ files: [path] });
  {
    await using stream = await follow(app, "app.ini", { accept: "text/event-stream" });
    await poll("the present version is told", () => /id: 1\nevent: version/.test(stream.text()));
    await app.put("app.ini", "a = 2\n");
    await poll("ours is told", () => /id: 2\nevent: version\ndata: .*"kind":"change"/.test(stream.text()));
    await writeFile(path, "a = 3\n");
    await poll("theirs is told", () =>
      /id: 3\nevent: version\ndata: .*"kind":"external"/.test(stream.text()),
    );
  }
  await app.put("app.ini", "a = 4\n");
  await using stream = await follow(app, "app.ini", {
    ...{ accept: "text/event-stream", "last-event-id": "2" },
  });
  await poll("what was missed is told", () => /id: 3\n[\s\S]*id: 4\n/.test(stream.text()));
  expect(stream.text()).not.toContain("id: 2\n");
});

test("as NDJSON the stream has one record a line, and ends with why", async () => {
  await using folder = await testFolder();
  await using app = await serveConfig({ files: [await folder.write("app.ini", "a = 1\n")] });
  await using stream = await follow(app, "app.ini", { accept: "application/x-ndjson" });
  await poll("the present version is told", () => stream.text().includes("\n"));
  app.stop();
  await poll("the end is told", () => stream.text().includes('"type":"end"'));
  const records = stream
    .text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(records[0]).toMatchObject({ type: "version", version: { version: 1, kind: "found" } });
  expect(records.at(-1)).toEqual({ type: "end", reason: "stopped", dropped: 0 });
});
