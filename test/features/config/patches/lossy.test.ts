import { expect, test } from "vitest";
import { AppError } from "../../../../src/base/errors.ts";
import { readContent } from "../../../../src/features/config/content.ts";
import type { FormatName } from "../../../../src/features/config/formats/format.ts";
import { stringify } from "../../../../src/features/config/formats/tree.ts";
import { writeTree } from "../../../../src/features/config/patches/patch-text.ts";
import { mergedTree } from "../../../../src/features/config/patches/wanted-tree.ts";
import { secretKeys } from "../../../../src/features/config/secrets/secret-keys.ts";
import { treeOfJson } from "../support/patch-file.ts";

function change(format: FormatName, text: string, patch: unknown, allowLossy: boolean) {
  const content = readContent(Buffer.from(text), format);
  if (content.document === null) throw new Error(content.parseError?.detail);
  return writeTree(content, format, mergedTree(content.document, treeOfJson(patch), secretKeys([])), {
    allowLossy,
  });
}

function refusalOf(format: FormatName, text: string, patch: unknown, allowLossy = false): AppError {
  try {
    change(format, text, patch, allowLossy);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("accepted");
}

const YAML = `# head
base: &base {a: 1, when: 2026-01-02} # anchored
one:
  <<: *base
  ratio: 1.50
  debug: yes
  quoted: 'x'
two: *base
`;

test("a change that costs comments and layout is refused, and says what would allow it", () => {
  const error = refusalOf("yaml", YAML, { two: { a: 2 } });
  expect(error).toMatchObject({ code: "content-invalid", extra: { lossy: true } });
  expect(error.remedy).toContain("?lossy=allow");
});

test("allowed, the file is written anew, with what stays in the spelling that it had", () => {
  const { bytes, isLossy } = change("yaml", YAML, { two: { a: 2 } }, true);
  expect(isLossy).toBe(true);
  const text = bytes.toString();
  expect(text).not.toContain("# head");
  expect(text).toContain("  when: 2026-01-02\n");
  expect(text).toContain("  ratio: 1.50\n  debug: yes\n  quoted: 'x'\n");
  expect(text).toMatch(/two:\n {2}a: 2\n {2}when: 2026-01-02\n$/);
});

test("where comments can stay, they stay, also when they need not", () => {
  const { bytes, isLossy } = change("yaml", YAML, { one: { ratio: 2 } }, true);
  expect(isLossy).toBe(false);
  expect(bytes.toString()).toBe(YAML.replace("1.50", "2"));
});

test("TOML is written anew with its dates and floats", () => {
  const text =
    "# head\nat = 2026-01-02 # day\r\nratio = 1.0\r\n[[bin]]\r\nname = 'x'\r\n[t.u]\r\nv = [inf]\r\n";
  expect(refusalOf("toml", text, { bin: [{ name: "x" }, 1] }).extra).toEqual({ lossy: true });
  const { bytes } = change(
    "toml",
    text.replaceAll("\r\n", "\n"),
    { bin: [{ name: "x" }, 1], ratio: 3 },
    true,
  );
  expect(bytes.toString()).toBe(
    "at = 2026-01-02\nratio = 3.0\nbin = [{ name = 'x' }, 1]\n\n[t]\n\n[t.u]\nv = [inf]\n",
  );
});

test("of XML, the root element may be written anew; what stands around it stays", () => {
  const text = '<?xml version="1.0"?>\n<!-- head -->\n<a><b>1</b><!-- in it --></a>\n';
  const content = readContent(Buffer.from(text), "xml");
  const wanted = treeOfJson({ c: { b: "1", "@d": "2" } });
  expect(() => writeTree(content, "xml", wanted)).toThrow(
    expect.objectContaining({ extra: { lossy: true } }),
  );
  expect(writeTree(content, "xml", wanted, { allowLossy: true }).bytes.toString()).toBe(
    '<?xml version="1.0"?>\n<!-- head -->\n<c d="2">\n  <b>1</b>\n</c>\n',
  );
});

test("what a format can't say at all is refused in any case", () => {
  expect(refusalOf("toml", "a = 1\n", { a: [null] }, true).extra).toEqual({});
  expect(refusalOf("ini", "a = x ; y\n", { a: "z" }, true).extra).toEqual({});
  expect(refusalOf("properties", "a=1\n", { a: { b: "c" } }, true).remedy).not.toContain("lossy");
});

test("integers that a double can't hold survive it", () => {
  const { bytes } = change("yaml", "id: 123456789012345678901\na: &x 1\nb: *x\n", { b: 2, c: [123] }, true);
  expect(stringify(readContent(bytes, "yaml").document?.tree ?? null)).toContain(
    '"id":123456789012345678901',
  );
});
