import { Buffer } from "node:buffer";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import type { FormatName } from "../../../../src/features/config/formats/format.ts";
import { secretKeys } from "../../../../src/features/config/secrets/secret-keys.ts";
import { createContentThread } from "../../../../src/features/config/thread/content-thread.ts";
import { doContentWork } from "../../../../src/features/config/thread/content-work.ts";
import { startFixture } from "../../../linux/target-process.ts";
import { poll } from "../../../support/poll.ts";
import { serveConfig, testFolder } from "../support/serve-config.ts";

/** As large as a file may be unless the settings say more; and one that is large already. */
const [MOST, LARGE] = [262_144, 20_000];
const many = (bytes: number, part: (index: number) => string, begin = "", end = "") => {
  let text = begin;
  for (let index = 0; text.length < bytes - 64; index += 1) text += part(index);
  return text + end;
};
/** Of each format what takes longest to be read: many small parts. */
const TEXTS: Readonly<Record<FormatName, string>> = {
  json: many(LARGE, () => "1,", '{"password": "hush", "a": [', "1]}"),
  jsonc: many(LARGE, () => "1,", '// of jsonc\n{"password": "hush", "a": [', "1]}"),
  json5: many(LARGE, () => "1,", "{password: 'hush', a: [", "1]}"),
  yaml: many(LARGE, (index) => `- {x: ${index}}\n`, "password: hush\na: &a [1]\nb: *a\nc:\n"),
  toml: many(LARGE, () => "1,", 'password = "hush"\na = [', "1]"),
  xml: many(LARGE, () => "<a/>", "<r><password>hush</password>", "</r>"),
  ini: many(LARGE, (index) => `k${index}=1\n`, "password=hush\n"),
  properties: many(LARGE, (index) => `k${index}=1\n`, "password=hush\n"),
  env: many(LARGE, (index) => `K${index}=1\n`, "PASSWORD=hush\n"),
  text: many(4 * LARGE, () => "1,\n", "password = hush\n"),
};
const INTEGERS = many(MOST, () => "1,", 'password = "hush"\na = [', "1]");

const SCHEMA = { type: "object", properties: { b: { type: "object" } } };

const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of stack.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

function threadWith(patienceMs?: number) {
  const thread = createContentThread(patienceMs);
  stack.push(thread);
  return thread;
}

const orderOf = (format: FormatName, text: string) =>
  ({
    file: { name: "app", path: "/app", format, secretKeys: secretKeys([]) },
    bytes: Buffer.from(text),
    form: "json",
    showSecrets: false,
    pointer: undefined,
  }) as const;

test("a large file is taken apart in a thread as it would be here, whatever its format is", async () => {
  const thread = threadWith();
  for (const [name, text] of Object.entries(TEXTS)) {
    const order = orderOf(name as FormatName, text);
    const shown = await thread.show(order);
    expect(shown).toEqual(await doContentWork({ kind: "show", ...order }));
    expect([name, shown.maskedValues, String(shown.body).includes("hush")]).toEqual([name, 1, false]);
  }
}, 120_000);

test("while a large file is taken apart others are answered", async () => {
  await using folder = await testFolder();
  const files = [await folder.write("large.toml", INTEGERS), await folder.write("small.ini", "[a]\nb = 1\n")];
  await using server = await serveConfig({ files });
  let isOver = false;
  const asked = server
    .get("/config/large.toml?pointer=/password", { headers: { Accept: "application/json" } })
    .finally(() => {
      isOver = true;
    });
  let answers = 0;
  while (!isOver) {
    expect((await server.get("/config/small.ini")).status).toBe(200);
    answers += 1;
  }
  const { parsed, maskedValues } = z
    .looseObject({ parsed: z.string(), maskedValues: z.number() })
    .parse(await (await asked).json());
  expect([parsed, maskedValues]).toEqual(["******", 1]);
  // Were it read here, those that were asked for before would be answered, and no others.
  expect(answers).toBeGreaterThan(8);
}, 120_000);

test("what is refused in the thread is refused with all that is said of it", async () => {
  const refused = threadWith().show({ ...orderOf("toml", TEXTS.toml), pointer: "/nowhere" });
  await expect(refused).rejects.toMatchObject({
    name: "AppError",
    code: "not-found",
    errors: [{ pointer: "pointer" }],
    remedy: expect.any(String),
  });
});

test("one that takes too long is given up, with the setting that mends it, and the next one is read", async () => {
  const thread = threadWith(1);
  await expect(thread.show(orderOf("toml", INTEGERS))).rejects.toMatchObject({
    code: "content-invalid",
    message: "app takes longer than 1 ms to be read as toml.",
    remedy: expect.stringContaining("format: text"),
  });
  await expect(thread.show(orderOf("toml", "a = 1"))).resolves.toMatchObject({ maskedValues: 0 });
});

test("one for which the machine has no time is waited for: it is CPU time that counts, not the clock", async () => {
  const patienceMs = 4_000;
  await using reader = await startFixture("paused-content.ts", String(patienceMs));
  expect(JSON.parse(await reader.line())).toEqual({ begun: true });
  process.kill(reader.pid, "SIGSTOP");
  const stoppedAtMs = performance.now();
  await poll("its patience is over by the clock", () => performance.now() - stoppedAtMs > patienceMs + 500);
  process.kill(reader.pid, "SIGCONT");
  expect(JSON.parse(await reader.line())).toEqual({ kind: "shown" });
}, 120_000);

test("a thread that was ended is started again for the next one", async () => {
  const thread = threadWith();
  const order = orderOf("env", TEXTS.env);
  await thread.show(order);
  await thread[Symbol.asyncDispose]();
  await expect(thread.show(order)).resolves.toMatchObject({ maskedValues: 1 });
});

const BLANKS = " ".repeat(2_000_000);
const LONG: readonly (readonly [FormatName, string, string])[] = [
  ["json", `{"a${BLANKS}b": 1}`, `{"a${BLANKS}b": 1, "new": "1"}`],
  ["jsonc", `{"a"${BLANKS}/* c */: 1}`, `{"a"${BLANKS}/* c */: 1, "new":"1"}`],
  ["json5", `{a${BLANKS}/* c */ : 1}`, `{a${BLANKS}/* c */ : 1, new:"1"}`],
  ["ini", `a${BLANKS}b = 1\n`, `a${BLANKS}b = 1\nnew = 1\n`],
  ["ini", ` a${BLANKS}b\t:${BLANKS}1\n`, ` a${BLANKS}b\t:${BLANKS}1\n new\t:${BLANKS}1\n`],
];

// A time that grows with the square of the length would be longer than the test may take.
test.each(LONG)(
  "beside two million blanks in %s a key is added in no time to speak of",
  async (format, old, next) => {
    const { file } = orderOf(format, old);
    const recipe = { kind: "merge", patch: { new: "1" }, sizeBytes: 11, allowLossy: false } as const;
    const made = await threadWith().make({ file, old: Buffer.from(old), recipe });
    expect(made.equals(Buffer.from(next))).toBe(true);
  },
);

test("versions are compared in the thread, too", async () => {
  const { file, bytes } = orderOf("ini", TEXTS.ini);
  const to = { bytes: Buffer.from(TEXTS.ini.replace("k7=1", "k7=2")), label: "new" };
  const { diff } = await threadWith().diff({
    ...{ file, from: { bytes, label: "old" }, to },
    showSecrets: false,
  });
  expect(diff).toContain("-k7=1\n+k7=2\n");
});

test("a large file is changed in the thread: its patch, its masks, its schema, its types and what its check says", async () => {
  await using folder = await testFolder();
  const check = ["/bin/sh", "-c", 'grep -q "k7=3" "$0" && { echo "bad: hush"; exit 1; }; exit 0', "{file}"];
  const files = [
    { path: await folder.write("large.toml", TEXTS.toml), schema: SCHEMA },
    { path: await folder.write("large.ini", TEXTS.ini), validate: { command: check } },
  ];
  await using server = await serveConfig({ files });
  const refusedWith = async (response: Response) => ({
    status: response.status,
    ...z.looseObject({}).parse(await response.json()),
  });
  // A key as any other, also in what goes from thread to thread.
  const b: unknown = JSON.parse('{"__proto__": 1, "c": 2}');
  expect((await server.patch("large.toml", { password: "new", b })).status).toBe(200);
  const changed = `${TEXTS.toml.replace('"hush"', '"new"')}\n\n[b]\n__proto__ = 1\nc = 2`;
  expect((await folder.read("large.toml")).split("\n")).toEqual(changed.split("\n"));
  expect(await refusedWith(await server.patch("large.toml", { b: "text" }))).toMatchObject({
    status: 422,
    errors: [{ pointer: "/b", line: expect.any(Number) }],
  });
  const asShown = await (await server.get("/config/large.ini")).text();
  expect(asShown).toContain("password=******");
  expect((await server.put("large.ini", asShown.replace("k7=1", "k7=2"))).status).toBe(200);
  expect(await folder.read("large.ini")).toBe(TEXTS.ini.replace("k7=1", "k7=2"));
  expect(await refusedWith(await server.put("large.ini", asShown.replace("k7=1", "k7=3")))).toMatchObject({
    status: 422,
    output: "bad: ******\n",
  });
}, 120_000);
