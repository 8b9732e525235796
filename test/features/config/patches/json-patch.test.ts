import { describe, expect, test } from "vitest";
import { MASK } from "../../../../src/base/secrets.ts";
import { readContent } from "../../../../src/features/config/content.ts";
import type { ConfigDocument } from "../../../../src/features/config/formats/format.ts";
import { stringify } from "../../../../src/features/config/formats/tree.ts";
import { writeTree } from "../../../../src/features/config/patches/patch-text.ts";
import { patchedTree, removeAt } from "../../../../src/features/config/patches/wanted-tree.ts";
import { secretKeys } from "../../../../src/features/config/secrets/secret-keys.ts";
import { refusal, treeOfJson } from "../support/patch-file.ts";

const NO_OTHERS = secretKeys([]);

function documentOf(text: string): ConfigDocument {
  const { document } = readContent(Buffer.from(text), "json");
  if (document === null) throw new Error("no JSON");
  return document;
}

function apply(tree: unknown, ...operations: unknown[]): unknown {
  return JSON.parse(
    stringify(patchedTree(documentOf(JSON.stringify(tree)), treeOfJson(operations), NO_OTHERS)),
  );
}

describe("the examples of RFC 6902, appendix A", () => {
  test.each([
    ["A.1", { foo: "bar" }, [{ op: "add", path: "/baz", value: "qux" }], { baz: "qux", foo: "bar" }],
    [
      "A.2",
      { foo: ["bar", "baz"] },
      [{ op: "add", path: "/foo/1", value: "qux" }],
      { foo: ["bar", "qux", "baz"] },
    ],
    ["A.3", { baz: "qux", foo: "bar" }, [{ op: "remove", path: "/baz" }], { foo: "bar" }],
    ["A.4", { foo: ["bar", "qux", "baz"] }, [{ op: "remove", path: "/foo/1" }], { foo: ["bar", "baz"] }],
    ["A.5", { baz: "qux" }, [{ op: "replace", path: "/baz", value: "boo" }], { baz: "boo" }],
    [
      "A.6",
      { foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } },
      [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
      { foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } },
    ],
    [
      "A.7",
      { foo: ["all", "grass", "cows", "eat"] },
      [{ op: "move", from: "/foo/1", path: "/foo/3" }],
      { foo: ["all", "cows", "eat", "grass"] },
    ],
    [
      "A.8",
      { baz: "qux", foo: ["a", 2] },
      [{ op: "test", path: "/foo/1", value: 2 }],
      { baz: "qux", foo: ["a", 2] },
    ],
    [
      "A.10",
      { foo: "bar" },
      [{ op: "add", path: "/child", value: { grandchild: {} } }],
      { foo: "bar", child: { grandchild: {} } },
    ],
    [
      "A.11",
      { foo: "bar" },
      [{ op: "add", path: "/baz", value: "qux", xyz: 123 }],
      { foo: "bar", baz: "qux" },
    ],
    ["A.14", { "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: 10 }], { "/": 9, "~1": 10 }],
    ["A.16", { foo: ["bar"] }, [{ op: "add", path: "/foo/-", value: ["abc"] }], { foo: ["bar", ["abc"]] }],
  ])("%s", (_name, tree, operations, wanted) => {
    expect(apply(tree, ...operations)).toEqual(wanted);
  });
});

test("a value is copied, an existing key replaced by add, the whole replaced at the empty pointer", () => {
  expect(apply({ a: { b: 1 } }, { op: "copy", from: "/a", path: "/c" })).toEqual({
    a: { b: 1 },
    c: { b: 1 },
  });
  expect(apply({ a: 1 }, { op: "add", path: "/a", value: null })).toEqual({ a: null });
  expect(apply({ a: 1 }, { op: "replace", path: "", value: [1] })).toEqual([1]);
});

test("keys that mean something to JavaScript are keys like any other, and big integers stay exact", () => {
  const text = '{"__proto__": {"x": 1}, "id": 123456789012345678901}';
  const wanted = patchedTree(
    documentOf(text),
    treeOfJson([
      { op: "replace", path: "/__proto__/x", value: 2 },
      { op: "add", path: "/constructor", value: { prototype: {} } },
      { op: "copy", from: "/id", path: "/other" },
    ]),
    NO_OTHERS,
  );
  expect(stringify(wanted)).toBe(
    '{"__proto__":{"x":2},"id":123456789012345678901,"constructor":{"prototype":{}},"other":123456789012345678901}',
  );
  expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
});

test("a patch that can't be done names the operation and what of it is wrong", () => {
  const refused = (...operations: unknown[]) => refusal(() => apply({ a: { b: [1] }, c: 2 }, ...operations));
  const fine = { op: "test", path: "/c", value: 2 };
  expect(refused(fine, { op: "test", path: "/c", value: 3 })).toBe("conflict /1/value");
  expect(refused({ op: "replace", path: "/x", value: 1 })).toBe("conflict /0/path");
  expect(refused({ op: "add", path: "/a/b/2", value: 1 })).toBe("conflict /0/path");
  expect(refused({ op: "add", path: "/a/b/01", value: 1 })).toBe("conflict /0/path");
  expect(refused({ op: "add", path: "/c/d", value: 1 })).toBe("conflict /0/path");
  expect(refused({ op: "remove", path: "/a/b/-" })).toBe("conflict /0/path");
  expect(refused({ op: "copy", from: "/x", path: "/y" })).toBe("conflict /0/from");
  expect(refused({ op: "move", from: "/a", path: "/a/b/0" })).toBe("content-invalid /0/path");
  expect(refused({ op: "remove", path: "" })).toBe("content-invalid /0/path");
  expect(refused({ op: "add", path: "a", value: 1 })).toBe("bad-request /0/path");
  expect(refused({ op: "add", path: "/~2", value: 1 })).toBe("bad-request /0/path");
  expect(refused({ op: "add", path: "/a" })).toBe("bad-request /0/value");
  expect(refused(fine, { op: "merge", path: "/a" })).toBe("bad-request /1/op");
  expect(refused(5)).toBe("bad-request /0");
  expect(refusal(() => patchedTree(documentOf("{}"), treeOfJson({ op: "add" }), NO_OTHERS))).toBe(
    "bad-request ",
  );
});

describe("secrets", () => {
  const TREE = {
    db: { password: "hunter2", url: "postgres://u:s3cret@h" },
    users: [
      { n: 1, token: "t1" },
      { n: 2, token: "t2" },
    ],
  };

  test("a mask that is sent back leaves the value as it is, also behind elements that moved", () => {
    expect(
      apply(
        TREE,
        { op: "replace", path: "/db", value: { password: MASK, url: `postgres://u:${MASK}@h`, port: 1 } },
        { op: "remove", path: "/users/0" },
        { op: "replace", path: "/users/0", value: { n: 3, token: MASK } },
        { op: "add", path: "/db/password", value: MASK },
        { op: "test", path: "/db/password", value: MASK },
      ),
    ).toEqual({ db: { ...TREE.db, port: 1 }, users: [{ n: 3, token: "t2" }] });
  });

  test("a mask that stands for nothing is refused", () => {
    const refused = (...operations: unknown[]) => refusal(() => apply(TREE, ...operations));
    expect(refused({ op: "add", path: "/db/token", value: MASK })).toBe("content-invalid /0/value");
    expect(refused({ op: "add", path: "/users/0", value: { token: MASK } })).toBe("content-invalid /0/value");
    expect(refused({ op: "replace", path: "/users/0/n", value: MASK })).toBe("content-invalid /0/value");
    expect(refused({ op: "replace", path: "/db/url", value: `postgres://u:${MASK}@elsewhere` })).toBe(
      "content-invalid /0/value",
    );
  });

  test("a secret is moved and copied under a name that looks secret, and never into the open", () => {
    expect(apply(TREE, { op: "copy", from: "/db/password", path: "/old_password" })).toMatchObject({
      old_password: "hunter2",
    });
    expect(refusal(() => apply(TREE, { op: "copy", from: "/db/password", path: "/title" }))).toBe(
      "content-invalid /0/path",
    );
    expect(refusal(() => apply(TREE, { op: "move", from: "/users/0/token", path: "/users/0/n" }))).toBe(
      "content-invalid /0/path",
    );
  });
});

test("a key is removed by its pointer; one that is not there is answered with how far the pointer leads", () => {
  const content = readContent(Buffer.from("a: # one\n  b: 1\n  c: 2 # two\n"), "yaml");
  const tree = content.document?.tree ?? null;
  expect(writeTree(content, "yaml", removeAt(tree, "/a/b")).bytes.toString()).toBe(
    "a: # one\n  c: 2 # two\n",
  );
  expect(refusal(() => removeAt(tree, "/a/x/y"))).toBe("not-found pointer");
  expect(() => removeAt(tree, "/a/x/y")).toThrow(
    expect.objectContaining({ remedy: "The nearest there is: /a" }),
  );
  expect(refusal(() => removeAt(tree, ""))).toBe("content-invalid pointer");
  expect(refusal(() => removeAt(tree, "a"))).toBe("invalid-parameter pointer");
});
