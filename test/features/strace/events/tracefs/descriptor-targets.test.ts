import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createDescriptorTargets } from "../../../../../src/features/strace/events/tracefs/descriptor-targets.ts";

/** The descriptors of this very process. */
describe("what a descriptor stands for", () => {
  const dir = mkdtempSync(join(tmpdir(), "tickbird-descriptors-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const pathOf = (name: string) => join(dir, name);
  const file = (name: string) => ({ kind: "file", path: pathOf(name), isDeleted: false, device: null });

  function openNew(name: string): number {
    writeFileSync(pathOf(name), "");
    return openSync(pathOf(name), "r");
  }

  test("is looked up once, and again when a change has come to its turn", () => {
    const targets = createDescriptorTargets(true);
    const first = openNew("first");
    expect(targets.targetOf(process.pid, first)).toEqual(file("first"));
    closeSync(first);
    const second = openNew("second");
    expect(second).toBe(first);
    // Events that were recorded before the change are still being handed on.
    expect(targets.targetOf(process.pid, first)).toEqual(file("first"));
    targets.apply(process.pid, first);
    expect(targets.targetOf(process.pid, first)).toEqual(file("second"));
    closeSync(second);
  });

  test("is not told by what it became later: not while a change is announced", () => {
    const targets = createDescriptorTargets(true);
    const fd = openNew("later");
    targets.announce(process.pid, fd);
    targets.announce(process.pid, fd);
    expect(targets.targetOf(process.pid, fd)).toBeUndefined();
    targets.apply(process.pid, fd);
    expect(targets.targetOf(process.pid, fd)).toBeUndefined();
    targets.apply(process.pid, fd);
    expect(targets.targetOf(process.pid, fd)).toEqual(file("later"));
    closeSync(fd);
  });

  test("is forgotten with a gap, with a new program, and with each batch where not all changes are seen", () => {
    const partial = createDescriptorTargets(false);
    const whole = createDescriptorTargets(true);
    const fd = openNew("one");
    for (const targets of [partial, whole]) expect(targets.targetOf(process.pid, fd)).toEqual(file("one"));
    closeSync(fd);
    expect(openNew("two")).toBe(fd);
    for (const targets of [partial, whole]) targets.renew();
    expect(partial.targetOf(process.pid, fd)).toEqual(file("two"));
    expect(whole.targetOf(process.pid, fd)).toEqual(file("one"));
    whole.forgetAll();
    expect(whole.targetOf(process.pid, fd)).toEqual(file("two"));
    unlinkSync(pathOf("two"));
    whole.forget(process.pid);
    expect(whole.targetOf(process.pid, fd)).toEqual({ ...file("two"), isDeleted: true });
    closeSync(fd);
  });

  test("is looked up so often in a batch, and no more", () => {
    const targets = createDescriptorTargets(true);
    for (let fd = 100_000; fd < 100_300; fd += 1) targets.targetOf(process.pid, fd);
    expect(targets.folderOf(process.pid)).toBeUndefined();
    targets.renew();
    expect(targets.folderOf(process.pid)).toMatchObject({ kind: "file", path: process.cwd() });
  });
});
