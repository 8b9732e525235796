import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { pathsOf } from "../../../src/features/strace/trace-paths.ts";
import { traceReport } from "../../../src/features/strace/trace-schema.ts";
import { readRoot, realPathIn } from "../../../src/linux/root-path.ts";
import { startNode, startTarget, type TargetProcess } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { accept, isFree, serveStrace } from "./serve-strace.ts";

/** Opens, reads and closes two files, again and again. */
function startReader(one: string, two: string): Promise<TargetProcess> {
  return startNode(
    `import { closeSync, openSync, readSync, statSync } from "node:fs";
    const buffer = Buffer.alloc(8);
    setInterval(() => {
      for (const path of process.argv.slice(1)) {
        const file = openSync(path);
        readSync(file, buffer);
        closeSync(file);
        statSync(path + ".none", { throwIfNoEntry: false });
      }
    }, 5);
    console.log();`,
    ...[one, two],
  );
}

/** The calls of a trace that is narrowed to paths, each with what it names and the files of its descriptors. */
async function callsAt(target: TargetProcess, paths: string) {
  await using served = await serveStrace();
  const query = `paths=${encodeURIComponent(paths)}&decode=paths`;
  const response = await served.get(`/strace/${target.pid}/12?${query}`, accept("application/json"));
  const report = traceReport.strict().parse(await response.json());
  expect(report).toMatchObject({ endReason: "lines", unparsed: 0 });
  expect(await isFree(target.pid)).toBe(true);
  const calls = report.events.filter((event) => event.type === "call");
  return calls.map(({ call, args, resultTarget }) => {
    const named = args?.find((argument) => argument.kind === "string")?.value;
    const held = args?.flatMap((argument) => (argument.kind === "descriptor" ? [argument.target] : [])) ?? [];
    const files = [resultTarget, ...held].flatMap((each) => (each?.kind === "file" ? [each.path] : []));
    return { call, named, files };
  });
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp("/tmp/tickbird-paths-");
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe.skipIf(isMissing("ptrace"))("a trace narrowed to paths", () => {
  test("shows the calls that name them, and those on descriptors of them, and no others", async () => {
    const folder = await makeFolder();
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    await writeFile(one, "1");
    await writeFile(two, "2");
    await using target = await startReader(one, two);
    await target.line();
    const calls = await callsAt(target, one);
    expect(calls.every(({ named, files }) => named === one || files.includes(one))).toBe(true);
    expect(new Set(calls.map(({ call }) => call)).size).toBeGreaterThanOrEqual(3);
    const both = await callsAt(target, `${one}.none,${two}`);
    expect(both.every(({ named, files }) => named === `${one}.none` || files.includes(two))).toBe(true);
    expect(both.filter(({ files }) => files.includes(two)).length).toBeGreaterThan(0);
    expect(both.filter(({ named }) => named === `${one}.none`).length).toBeGreaterThan(0);
  });

  test("follows a symbolic link of the app to the descriptors of what it leads to", async () => {
    const folder = await makeFolder();
    const [link, real] = [join(folder, "current"), join(folder, "release")];
    await writeFile(real, "1");
    await symlink("release", link);
    await using target = await startReader(link, "/dev/null");
    await target.line();
    const calls = await callsAt(target, link);
    expect(calls.map(({ call }) => call)).toEqual(expect.arrayContaining(["read", "close"]));
    expect(calls.every(({ named, files }) => named === link || files.includes(real))).toBe(true);
  });

  test("takes them as the app sees them, where that has another root, with absolute links in it", async (context) => {
    context.skip(isMissing("namespaces"), "needs root");
    const root = await makeFolder();
    const setUp = `mount --make-rprivate / && mount --bind / "$1" && mount -t tmpfs none "$1/mnt" &&
      echo text > "$1/mnt/real" && ln -s /mnt/real "$1/mnt/link" &&
      exec chroot "$1" sh -c 'echo; while read -r line < /mnt/link; do :; done'`;
    await using target = await startTarget(["unshare", "--mount", "sh", "-c", setUp, "sh", root]);
    await target.line();
    expect(await readRoot(target.pid)).toBe(root);
    const calls = await callsAt(target, "/mnt/link");
    expect(calls.map(({ call }) => call)).toEqual(expect.arrayContaining(["openat", "read", "close"]));
    expect(calls.every(({ files }) => files.includes("/mnt/real"))).toBe(true);
    for (const { call, named } of calls) if (call === "openat") expect(named).toBe("/mnt/link");
  });
});

test("a path is followed through relative and absolute links, and stays as it is where nothing is", async () => {
  const folder = await makeFolder();
  await mkdir(join(folder, "a", "b"), { recursive: true });
  await symlink("a/b", join(folder, "relative"));
  await symlink(join(folder, "relative"), join(folder, "absolute"));
  await symlink("circle", join(folder, "circle"));
  const realOf = (path: string) => realPathIn(process.pid, join(folder, path), "/");
  expect(await realOf("absolute/file")).toBe(join(folder, "a/b/file"));
  expect(await realPathIn(process.pid, `${folder}/absolute/../x//./y/`, "/")).toBe(join(folder, "a/x/y"));
  expect(await realOf("circle")).toBeUndefined();
  expect(await realPathIn(process.pid, "/../..", "/")).toBe("/");
  expect(await realPathIn(process.pid, join(folder, "absolute"), "/chroot")).toBe(`/chroot${folder}/a/b`);
});

describe("paths in a query", () => {
  test.each([
    ["nothing", "", "must be absolute paths"],
    ["a relative one", "etc/passwd", "must be absolute paths"],
    ["a comma at the end", "/etc/passwd,", "must be absolute paths"],
    ["a relative one behind another", "/etc/passwd,hosts", "must be absolute paths"],
    ["a line break", "/etc/pass\nwd", "without control characters"],
    ["a zero", "/a\u0000", "without control characters"],
    [
      "too many",
      Array.from({ length: 17 }, (_, index) => `/${index}`).join(","),
      "at most 16 paths, and is 17",
    ],
    ["too long", `/${"ä".repeat(2_048)}`, "at most 4095 bytes"],
  ])("are refused, with what is right: %s", async (_, paths, detail) => {
    await using served = await serveStrace();
    const response = await served.get(`/strace/1/5?paths=${encodeURIComponent(paths)}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      ...{ code: "invalid-parameter", detail: expect.stringContaining(detail) },
      ...{
        errors: [{ pointer: "query:paths" }],
        remedy: expect.stringContaining("/etc/passwd"),
        maxPaths: 16,
      },
    });
  });

  test("may hold whatever a name may hold", () => {
    const place = { label: "", pointer: "", code: "invalid-parameter" } as const;
    expect(pathsOf("/a b/-o,/ü (deleted)", place)).toEqual(["/a b/-o", "/ü (deleted)"]);
    expect(pathsOf(undefined, place)).toEqual([]);
  });
});
