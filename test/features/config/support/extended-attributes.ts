import { execFileSync, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Extended attributes by way of tar(1), which every Debian has; Node.js has no calls for them. */

/** Makes a file with an extended attribute. False where the file system has none. */
export async function writeWithAttribute(
  path: string,
  content: string,
  name: string,
  value: string,
): Promise<boolean> {
  const archive = join(dirname(path), "attributes.tar");
  const record = paxRecord(`SCHILY.xattr.${name}`, value);
  await writeFile(
    archive,
    Buffer.concat([
      header("pax", record.length, "x"),
      padded(record),
      header(basename(path), content.length, "0"),
      padded(Buffer.from(content)),
      Buffer.alloc(1_024),
    ]),
  );
  const { status } = spawnSync("tar", [
    "--xattrs",
    "--xattrs-include=*",
    "-xf",
    archive,
    "-C",
    dirname(path),
  ]);
  execFileSync("rm", [archive]);
  return status === 0 && readAttribute(path, name) === value;
}

/** The value of an extended attribute; undefined where the file has none of that name. */
export function readAttribute(path: string, name: string): string | undefined {
  const archive = execFileSync("tar", [
    ...["--xattrs", "--xattrs-include=*", "--format=pax", "-C", dirname(path), "-cf", "-", basename(path)],
  ]);
  return new RegExp(`SCHILY\\.xattr\\.${name}=(.*)\n`).exec(archive.toString("latin1"))?.[1];
}

/** A record of a pax header: its own length in decimal, a blank, key=value and a line end (pax(1)). */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`);
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write("0000640\0", 100);
  block.write("0000000\0", 108);
  block.write("0000000\0", 116);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("00000000000\0", 136);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
