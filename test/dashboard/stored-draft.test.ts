import { expect, test } from "vitest";
import { NO_EDITS } from "../../src/dashboard/views/config/form-edits.ts";
import { type Draft, draftIn, storedOf } from "../../src/dashboard/views/config/stored-draft.ts";

const CONTENT = "port: 8080\ndb:\n  password: ******\n  url: pg://me:******@db/x\n";

type Base = Extract<Draft, { kind: "text" }>["base"];

function baseOf(more: Partial<Base> = {}): Base {
  return {
    ...{ name: "a.yaml", path: "/a.yaml", format: "yaml", etag: '"1"', encoding: "utf-8", maskedValues: 2 },
    content: CONTENT,
    parsed: { port: 8080, db: { password: "******", url: "pg://me:******@db/x" } },
    ...more,
  };
}

const textDraft = (text: string, base = baseOf()): Draft => ({ kind: "text", base, text: () => text });

test("the draft of a text comes back as it was, with the content that it was made for", () => {
  const text = CONTENT.replace("8080", "9090").replace("password: ******", "password:   ******");
  const stored = storedOf(textDraft(text));
  if (stored === undefined) throw new Error("not stored");
  const back = draftIn(JSON.parse(JSON.stringify(stored)));
  if (back.kind !== "text") throw new Error(`it is a ${back.kind}`);
  expect(back.base).toEqual(baseOf());
  expect(back.text()).toBe(text);
});

test("the draft of a file that is not there yet comes back as it was, where it holds no secret", () => {
  const stored = storedOf({ kind: "create", text: () => CONTENT });
  if (stored === undefined) throw new Error("not stored");
  const back = draftIn(JSON.parse(JSON.stringify(stored)));
  expect(back.kind === "create" && back.text()).toBe(CONTENT);
  expect(storedOf({ kind: "create", text: () => "password: hunter2\n" })).toBeUndefined();
});

test("the draft of a form comes back as it was", () => {
  const edits = {
    inputs: new Map<string, string | boolean>([["/port", "9090"]]),
    removed: new Set(["/db/url"]),
    added: [{ parent: "/db", key: "host", value: "db.example.com" }],
  };
  const stored = storedOf({ kind: "form", base: baseOf(), edits });
  if (stored === undefined) throw new Error("not stored");
  expect(draftIn(JSON.parse(JSON.stringify(stored)))).toEqual({ kind: "form", base: baseOf(), edits });
});

test.each([
  ["a mask was replaced", CONTENT.replace("password: ******", "password: hunter2")],
  ["a mask in a URL was replaced", CONTENT.replace("me:******", "me:hunter2")],
  ["a line with a secret is new", `${CONTENT}apiKey: 0815\n`],
  ["a secret stands beside a mask", `${CONTENT}{"password": "******", "token": "abc"}\n`],
  ["a URL with a password is new", `${CONTENT}cache: redis://me:hunter2@cache\n`],
])("a text is not stored where %s", (_, text) => {
  expect(storedOf(textDraft(text))).toBeUndefined();
});

test("nothing is stored of what is shown with its secrets, or of a form into which one was put", () => {
  expect(storedOf(textDraft("a: 1\n", baseOf({ maskedValues: null })))).toBeUndefined();
  const edits = { ...NO_EDITS, inputs: new Map([["/db/password", "hunter2"]]) };
  expect(storedOf({ kind: "form", base: baseOf(), edits })).toBeUndefined();
  const added = [{ parent: "/db", key: "token", value: "abc" }];
  expect(storedOf({ kind: "form", base: baseOf(), edits: { ...NO_EDITS, added } })).toBeUndefined();
});
