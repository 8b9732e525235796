import { symlink } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { logList } from "../../../src/features/logs/log-schema.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { startTarget } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { logFolder, serveLogs } from "./serve-logs.ts";

test("a pattern names all files that match it, those that come later too, without what they were rotated to", async () => {
  await using folder = await logFolder();
  for (const name of ["a.log", "b.log", "b.log.1", "b-20261128.log", "c.txt", ".hidden.log", "d.log.gz"]) {
    await folder.write(name, `${name}\n`);
  }
  await symlink("/etc/passwd", folder.path("link.log"));
  await using server = await serveLogs({
    files: [folder.path("*.log"), folder.path("?.txt"), { path: folder.path("a.log"), name: "first" }],
  });
  const names = async () => {
    const { logs } = logList.strict().parse(await (await server.get("/logs")).json());
    return logs.map(({ name, problem, rotated }) => [name, problem === undefined, rotated.length]);
  };
  expect(await names()).toEqual([
    ["first", true, 0],
    ["b.log", true, 2],
    ["link.log", false, 0],
    ["c.txt", true, 0],
  ]);
  expect(await (await server.get("/logs/c.txt")).text()).toBe("c.txt\n");
  expect((await server.get("/logs/link.log")).status).toBe(409);
  expect((await server.get("/logs/late.log")).status).toBe(404);
  await folder.write("late.log", "late\n");
  expect(await (await server.get("/logs/late.log")).text()).toBe("late\n");
  const near = z.looseObject({ remedy: z.string() }).parse(await (await server.get("/logs/lat.log")).json());
  expect(near.remedy).toContain("late.log");
  for (const path of ["/logs/.hidden.log", "/logs/d.log.gz", "/logs/b.log.1", "/logs/..%2fpasswd.log"]) {
    expect([path, (await server.get(path)).status]).toEqual([path, 404]);
  }
});

const rotatedOf = async (files: readonly unknown[]) => {
  await using server = await serveLogs({ files });
  const { logs } = logList.strict().parse(await (await server.get("/logs")).json());
  return Object.fromEntries(logs.map(({ name, rotated }) => [name, rotated.toSorted()]));
};

test("a log that is named, or listed by a pattern, is no rotated file of another one, and keeps its own", async () => {
  await using folder = await logFolder();
  const names = ["server.log", "server.log.1", "server-1.log", "server-1.log.1", "server-1.log.2.gz"];
  for (const name of [...names, "server-1-20261128.log", "server-2.log"])
    await folder.write(name, `${name}\n`);
  const [server, first] = [folder.path("server.log"), folder.path("server-1.log")];
  const ofFirst = ["server-1-20261128.log", "server-1.log.1", "server-1.log.2.gz"];
  expect(await rotatedOf([server, first])).toEqual({
    "server.log": ["server-2.log", "server.log.1"],
    "server-1.log": ofFirst,
  });
  expect(await rotatedOf([server, { path: `${folder.path(".")}/./server-1.log`, name: "first" }])).toEqual({
    "server.log": ["server-2.log", "server.log.1"],
    first: ofFirst,
  });
  expect(await rotatedOf([folder.path("*.log"), first])).toEqual({
    "server.log": ["server-2.log", "server.log.1"],
    "server-1.log": ofFirst,
  });
  expect(await rotatedOf([server, folder.path("server-?.log")])).toEqual({
    "server.log": ["server.log.1"],
    "server-1.log": ofFirst,
    "server-2.log": [],
  });
  // A pattern alone takes it for a rotated one.
  expect(await rotatedOf([folder.path("*.log")])).toEqual({
    "server.log": ["server-1-20261128.log", "server-1.log", "server-2.log", "server.log.1"],
  });
  // What is named in another folder says nothing about this one.
  await using other = await logFolder();
  const elsewhere = await other.write("server-1.log", "");
  expect(await rotatedOf([server, elsewhere])).toMatchObject({
    "server.log": ["server-1-20261128.log", "server-1.log", "server-2.log", "server.log.1"],
  });
});

test("the last lines of a log are not those of another one that is named, too", async () => {
  await using folder = await logFolder();
  const files = [
    await folder.write("server.log", "of server\n"),
    await folder.write("server-1.log", "of server-1\n"),
  ];
  await using server = await serveLogs({ files });
  expect(await (await server.get("/logs/server.log?tail=10")).text()).toBe("of server\n");
});

test.skipIf(isMissing("namespaces"))("a pattern may be of the app's own root", async () => {
  const script =
    "mount -t tmpfs none /mnt && echo one > /mnt/one.log && echo two > /mnt/two.log && mkdir /mnt/apps && echo app > /mnt/apps/app.log && echo other > /mnt/apps/app-1.log && echo up && exec sleep 300";
  await using target = await startTarget(["unshare", "--mount", "sh", "-c", script]);
  expect(await target.line()).toBe("up");
  const core = {
    kind: "found",
    pid: target.pid,
    startTime: "2026-01-01T00:00:00.000Z",
    foundBy: "test",
  } as const;
  await using server = await serveLogs({ files: ["core:/mnt/*.log"] }, core);
  const { logs } = logList.strict().parse(await (await server.get("/logs")).json());
  expect(logs.map(({ path }) => path)).toEqual(["core:/mnt/one.log", "core:/mnt/two.log"]);
  expect(await (await server.get("/logs/two.log")).text()).toBe("two\n");
  await using named = await serveLogs(
    { files: ["core:/mnt/apps/app.log", "core:/mnt/apps/../apps/app-1.log"] },
    core,
  );
  expect(await (await named.get("/logs/app.log?tail=10")).text()).toBe("app\n");
});

test.each([
  [{ files: ["/var/*/app.log"] }, "not in that of a folder"],
  [{ files: [{ path: "/var/log/*.log", name: "all" }] }, "it has no name"],
])("%j is refused at the start", (logs, reason) => {
  const text = JSON.stringify({ core: { url: "http://127.0.0.1:9" }, logs });
  expect(() => loadSettings({ file: { path: "test.yaml", text } })).toThrow(reason);
});
