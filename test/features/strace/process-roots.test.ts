import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { targetsOf } from "../../../src/features/strace/events/change-targets.ts";
import type { CallEvent } from "../../../src/features/strace/events/event.ts";
import { createSummariser } from "../../../src/features/strace/summarise.ts";
import { pathInRoot } from "../../../src/linux/root-path.ts";
import { startTarget } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { eventsWhile } from "./events-while.ts";

/** Waits until it is asked to work, in a root of its own or before it has one; a child of it keeps its root. */
const PROGRAM = `
$| = 1;
my ($folder, $when) = @ARGV;
my $isAsked = 0;
$SIG{USR2} = sub { $isAsked = 1 };
open my $outside, ">", "$folder.outside";
my $child = fork // die;
if ($child == 0) {
  select(undef, undef, undef, 0.02) until -e "$folder/asked";
  open my $own, ">", "$folder/of the child";
  syswrite $own, "child";
  # What has ended before it could be looked at is taken to be in the root of the main one.
  select(undef, undef, undef, 0.7);
  exit;
}
if ($when eq "before") { chroot $folder or die; chdir "/"; }
print "ready\\n";
select(undef, undef, undef, 60) until $isAsked;
if ($when eq "while") { syswrite $outside, "early"; chroot $folder or die; chdir "/sub"; }
open my $kept, ">", "/kept";
syswrite $kept, "kept";
open my $gone, ">", "/gone";
unlink "/gone";
syswrite $gone, "gone";
syswrite $outside, "outside";
open my $none, "<", "none";
open my $asked, ">", "/asked";
close $asked;
waitpid $child, 0;
print "done\\n";
sleep 60;
`;

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tickbird-root-"));
  await mkdir(join(folder, "sub"));
  return async () => {
    await rm(folder, { recursive: true });
    await rm(`${folder}.outside`, { force: true });
  };
});

/** The target of the descriptor that a word was written to. */
function writtenTo(calls: readonly CallEvent[], word: string) {
  const call = calls.find(
    (each) => each.call === "write" && (each.raw?.join("").includes(`"${word}"`) ?? false),
  );
  return call === undefined ? undefined : targetsOf(call)[0];
}

async function callsOf(when: "before" | "while") {
  await rm(join(folder, "asked"), { force: true });
  const target = await startTarget(["perl", "-e", PROGRAM, folder, when]);
  onTestFinished(() => target[Symbol.asyncDispose]());
  expect(await target.line()).toBe("ready");
  const { calls, warnings } = await eventsWhile(target.pid, async () => {
    target.child.kill("SIGUSR2");
    expect(await target.line()).toBe("done");
  });
  expect(warnings).toEqual([]);
  return calls;
}

const isNoRoot = process.getuid?.() !== 0;

describe.skipIf(isMissing("ptrace") || isNoRoot)(
  "the paths of a process that is confined to a folder (chroot)",
  () => {
    test("are those that it sees itself, and that of another process is its own", async () => {
      const calls = await callsOf("before");
      expect(writtenTo(calls, "kept")).toMatchObject({ path: "/kept", isDeleted: false });
      expect(writtenTo(calls, "gone")).toMatchObject({ path: "/gone", isDeleted: true });
      expect(writtenTo(calls, "outside")).toMatchObject({ path: `${folder}.outside` });
      expect(writtenTo(calls, "child")).toMatchObject({ path: `${folder}/of the child` });
      const opening = calls.find(({ call, raw }) => call === "openat" && raw?.join("").includes('"none"'));
      expect(opening?.args?.[0]).toMatchObject({ fd: null, target: { path: "/" } });
      const opened = calls.find(({ call, raw }) => call === "openat" && raw?.join("").includes('"/kept"'));
      expect(opened?.resultTarget).toMatchObject({ path: "/kept" });
      const summariser = createSummariser();
      for (const call of calls) summariser.add(call);
      expect(summariser.summary(1_000).files.map(({ path }) => path)).toEqual(
        expect.arrayContaining(["/kept", "/gone", `${folder}.outside`]),
      );
    });

    test("are so from the call on that confines it", async () => {
      const calls = await callsOf("while");
      expect(writtenTo(calls, "early")).toMatchObject({ path: `${folder}.outside` });
      expect(writtenTo(calls, "kept")).toMatchObject({ path: "/kept" });
      const opening = calls.find(({ call, raw }) => call === "openat" && raw?.join("").includes('"none"'));
      expect(opening?.args?.[0]).toMatchObject({ fd: null, target: { path: "/sub" } });
    });
  },
);

test("a path is told within a root only where it lies in it", () => {
  expect(
    ["/srv/app", "/srv/app/", "/srv/app/a/b", "/srv/apple", "/srv", "/"].map((path) =>
      pathInRoot(path, "/srv/app"),
    ),
  ).toEqual(["/", "/", "/a/b", "/srv/apple", "/srv", "/"]);
  expect(pathInRoot("/srv/app", "/")).toBe("/srv/app");
});
