import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readGoBuildInfo } from "../../../src/linux/runtime/go-build-info.ts";

/** A text as the Go linker writes it: behind its length, a varint. */
function text(content: string): Buffer {
  const length = Buffer.byteLength(content);
  const varint = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
  return Buffer.concat([Buffer.from(varint), Buffer.from(content)]);
}

const MODULE = `path\texample.com/shop/cmd\nmod\texample.com/shop\tv1.4.2\th1:abc=\n${"dep\tx\tv1\n".repeat(20)}`;

/** The smallest ELF that has the section: header, names, contents, and the table of three sections. */
function program({ version = "go1.22.5", module = `0123456789abcdef${MODULE}`, flags = 2 } = {}): Buffer {
  const names = Buffer.from("\0.shstrtab\0.go.buildinfo\0");
  const head = Buffer.alloc(32);
  head.write("\xff Go buildinf:", "latin1");
  head.writeUInt8(8, 14);
  head.writeUInt8(flags, 15);
  const info = Buffer.concat([head, text(version), text(module)]);
  const elf = Buffer.alloc(64);
  elf.write("\x7fELF\x02\x01\x01", "latin1");
  elf.writeBigUInt64LE(BigInt(64 + names.length + info.length), 40);
  elf.writeUInt16LE(64, 58);
  elf.writeUInt16LE(3, 60);
  elf.writeUInt16LE(1, 62);
  const section = (name: number, offset: number, size: number) => {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(name, 0);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(size), 32);
    return entry;
  };
  const table = [section(0, 0, 0), section(1, 64, names.length), section(11, 64 + names.length, info.length)];
  return Buffer.concat([elf, names, info, ...table]);
}

async function read(bytes: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), "tickbird-go-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "program"), bytes);
  await using file = await open(join(folder, "program"));
  return await readGoBuildInfo(file);
}

test("the version of Go and the module of a program are read from its executable", async () => {
  expect(await read(program())).toEqual({
    goVersion: "1.22.5",
    module: "example.com/shop",
    moduleVersion: "v1.4.2",
  });
  expect(await read(program({ module: "" }))).toMatchObject({ goVersion: "1.22.5", module: null });
});

test("what is no program of Go, or an older one, or cut, has none", async () => {
  expect(await read(Buffer.from("#!/bin/sh\n"))).toBeUndefined();
  expect(await read(program({ flags: 0 }))).toBeUndefined();
  expect(await read(program({ version: "devel" }))).toBeUndefined();
  expect(await read(program().subarray(0, 120))).toBeUndefined();
});

test("no byte that is changed makes it fail", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tickbird-go-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const whole = program();
  let state = 42;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
  await using file = await open(join(folder, "program"), "w+");
  let found = 0;
  for (let round = 0; round < 500; round++) {
    const mutated = Buffer.from(whole);
    for (let change = 0; change < 3; change++) mutated[random(mutated.length)] = random(256);
    await file.write(mutated, 0, mutated.length, 0);
    found += (await readGoBuildInfo(file)) === undefined ? 0 : 1;
  }
  // Some changes hit what is not read, and some what must be right.
  expect(found).toBeGreaterThan(50);
  expect(found).toBeLessThan(500);
});
