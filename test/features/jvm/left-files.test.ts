import {
  chownSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { nameOfFile } from "../../../src/features/jvm/files/file-name.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { coreOf } from "../processes/support.ts";
import { startFakeJvm } from "./fake-jvm.ts";
import { serveJvm } from "./support.ts";

/** Sidecars that are killed while real JVMs write are in `test/peers`. */

test.skipIf(isMissing("compiler") || process.getuid?.() !== 0)(
  "a file that a dead sidecar left in the app is known by name and owner: what is somebody else's, a link, or of a living sidecar stays",
  async () => {
    const folder = mkdtempSync("/var/tmp/tickbird-left-");
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await using jvm = await startFakeJvm({ uid: 65_534 });
    const named = (id: string) => join(folder, `.tickbird-999999-1-${id}.hprof`);
    const victim = join(folder, "victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, named("aLinkToAFile"));
    writeFileSync(named("anotherUser1"), "theirs");
    chownSync(named("anotherUser1"), 12_345, 12_345);
    writeFileSync(join(folder, ".tickbird-notes.hprof"), "named otherwise");
    linkSync(victim, join(folder, nameOfFile("ofTheLiving1", "hprof")));
    const kept = readdirSync(folder).sort();
    writeFileSync(named("leftByADead1"), "JAVA PROFILE");
    chownSync(named("leftByADead1"), 65_534, 65_534);
    const part = `${named("leftByADead2")}.p0`;
    writeFileSync(part, "JAVA PROFILE");
    chownSync(part, 65_534, 65_534);
    await using _ = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_DUMP_DIR: folder } });
    await poll("what is left is gone", () => !existsSync(named("leftByADead1")) && !existsSync(part));
    expect(readdirSync(folder).sort()).toEqual(kept);
    expect(readFileSync(victim, "utf8")).toBe("mine");
  },
);
