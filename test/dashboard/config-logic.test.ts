import { describe, expect, test } from "vitest";
import { diffCounts, diffLines } from "../../src/dashboard/views/config/diff-lines.ts";
import {
  type FormEdits,
  invalidFields,
  NO_EDITS,
  numberIn,
  patchOf,
  withInput,
  withoutAddition,
  withRemoval,
} from "../../src/dashboard/views/config/form-edits.ts";
import {
  type FieldNode,
  type FormNode,
  formOf,
  type GroupNode,
  MAX_FIELDS,
} from "../../src/dashboard/views/config/form-tree.ts";
import { lineEndsOf } from "../../src/dashboard/views/config/line-ends.ts";

function rootOf(tree: unknown): GroupNode {
  const root = formOf(tree);
  if (root === undefined) throw new Error("there is no form of this");
  return root;
}

function fieldAt(root: FormNode, pointer: string): FieldNode {
  const all = (node: FormNode): FieldNode[] => (node.kind === "field" ? [node] : node.members.flatMap(all));
  const found = all(root).find((field) => field.pointer === pointer);
  if (found === undefined) throw new Error(`there is no field ${pointer}`);
  return found;
}

describe("the form of a configuration file", () => {
  test("sends only what was changed, typed as it was, and never a mask", () => {
    const root = rootOf({ port: 80, on: true, "a/b": "x", password: "******" });
    let edits: FormEdits = NO_EDITS;
    edits = withInput(edits, fieldAt(root, "/port"), "8080");
    edits = withInput(edits, fieldAt(root, "/on"), false);
    edits = withInput(edits, fieldAt(root, "/a~1b"), "80");
    expect(patchOf(root, edits)).toEqual([
      { op: "replace", path: "/port", value: 8_080 },
      { op: "replace", path: "/on", value: false },
      { op: "replace", path: "/a~1b", value: "80" },
    ]);
    edits = withInput(edits, fieldAt(root, "/password"), "new");
    expect(patchOf(root, edits)).toContainEqual({ op: "replace", path: "/password", value: "new" });
    edits = withInput(edits, fieldAt(root, "/password"), "");
    expect(JSON.stringify(patchOf(root, edits))).not.toContain("password");
  });

  test("takes an input that is as it was for no change", () => {
    const root = rootOf({ a: "1", n: 5 });
    let edits = withInput(NO_EDITS, fieldAt(root, "/a"), "2");
    edits = withInput(edits, fieldAt(root, "/a"), "1");
    edits = withInput(edits, fieldAt(root, "/n"), "5");
    expect(patchOf(root, edits)).toEqual([]);
  });

  test("removes items of a list from its end, so that none moves before it is removed, and after what is replaced", () => {
    const items = Array.from({ length: 12 }, (_, index) => index);
    const root = rootOf({ list: items });
    let edits = withInput(NO_EDITS, fieldAt(root, "/list/11"), "99");
    for (const index of [2, 10, 1]) edits = withRemoval(edits, `/list/${index}`, true);
    edits = { ...edits, added: [{ parent: "/list", key: "-", value: 7 }] };
    expect(patchOf(root, edits).map(({ op, path }) => `${op} ${path}`)).toEqual([
      "replace /list/11",
      "add /list/-",
      "remove /list/10",
      "remove /list/2",
      "remove /list/1",
    ]);
  });

  test("says nothing of what stands below something that is removed", () => {
    const root = rootOf({ db: { host: "a", pool: { max: 1 } } });
    let edits = withInput(NO_EDITS, fieldAt(root, "/db/host"), "b");
    edits = { ...edits, added: [{ parent: "/db/pool", key: "min", value: 0 }] };
    edits = withRemoval(withRemoval(edits, "/db/pool", true), "/db", true);
    expect(patchOf(root, edits)).toEqual([{ op: "remove", path: "/db" }]);
  });

  test("takes back with a group what was added in it", () => {
    const group = { parent: "", key: "new/one", value: {} } as const;
    const edits = { ...NO_EDITS, added: [group, { parent: "/new~1one", key: "a", value: "1" }] };
    expect(patchOf(rootOf({}), edits).map(({ path }) => path)).toEqual(["/new~1one", "/new~1one/a"]);
    expect(patchOf(rootOf({}), withoutAddition(edits, group))).toEqual([]);
  });

  test("knows what is no number, and what a browser can't hold exactly", () => {
    expect(numberIn(" 12 ")).toBe(12);
    expect(numberIn("-1.5e3")).toBe(-1_500);
    for (const text of ["", "twelve", "0x10", "1,000", "01", "1e999", "12345678901234567890"]) {
      expect(numberIn(text)).toBeUndefined();
    }
    const root = rootOf({ n: 1, big: 12_345_678_901_234_567_000 });
    expect(fieldAt(root, "/big").isInexact).toBe(true);
    const edits = withInput(NO_EDITS, fieldAt(root, "/n"), "x");
    expect(invalidFields(root, edits)).toEqual(["/n"]);
    expect(invalidFields(root, withRemoval(edits, "/n", true))).toEqual([]);
  });

  test("is not made for what has too many values, or none", () => {
    expect(formOf(Array.from({ length: MAX_FIELDS + 1 }, () => 1))).toBeUndefined();
    expect(formOf("one value")).toBeUndefined();
    expect(formOf(null)).toBeUndefined();
  });
});

describe("a difference", () => {
  test("is taken apart into lines with their numbers", () => {
    const lines = diffLines(
      ["--- as it is", "+++ as it would be", "@@ -3,3 +3,3 @@", " a", "-b", "+-c", " d", ""].join("\n"),
    );
    expect(lines).toEqual([
      { kind: "place", text: "Line 3" },
      { kind: "same", text: "a", oldLine: 3, newLine: 3 },
      { kind: "removed", text: "b", oldLine: 4 },
      { kind: "added", text: "-c", newLine: 4 },
      { kind: "same", text: "d", oldLine: 5, newLine: 5 },
    ]);
    expect(diffCounts(lines)).toEqual({ added: 1, removed: 1 });
  });

  test("takes a line that looks like its own head for a line", () => {
    const lines = diffLines("--- x\n+++ y\n@@ -1 +1 @@\n--- a\n+++ b\n\\ No newline at end of file\n");
    expect(lines.map(({ kind, text }) => [kind, text])).toEqual([
      ["place", "Line 1"],
      ["removed", "-- a"],
      ["added", "++ b"],
      ["place", "No newline at end of file"],
    ]);
  });
});

test("the ends of the lines of a text are found; where there are several kinds, it is the line feed", () => {
  expect(lineEndsOf("one")).toEqual({ end: "\n", isMixed: false });
  expect(lineEndsOf("a\nb\n")).toEqual({ end: "\n", isMixed: false });
  expect(lineEndsOf("a\r\nb\r\n")).toEqual({ end: "\r\n", isMixed: false });
  expect(lineEndsOf("a\rb\r")).toEqual({ end: "\r", isMixed: false });
  expect(lineEndsOf("a\r\nb\n")).toEqual({ end: "\n", isMixed: true });
  expect(lineEndsOf("a\r\nb\rc")).toEqual({ end: "\n", isMixed: true });
});
