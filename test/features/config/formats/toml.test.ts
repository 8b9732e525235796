import { expect, test } from "vitest";
import { readContent } from "../../../../src/features/config/content.ts";
import { complaint, parsed, patched, refusal } from "../support/patch-file.ts";

const TEXT = `# the package
[package]
name = "demo"      # its name
version = '0.1.0'
edition = "2024"
authors = [
    "a <a@example.org>", # the first
    "b <b@example.org>",
]

[dependencies]
serde = { version = "1.0", features = ["derive"] }
tokio.version = "1"   # dotted
tokio.features = ["full"]

# profiles
[profile.release]
lto = true
opt-level = 3
factor = 1.5
built = 1979-05-27T07:32:00Z
limit = inf
id = 12345678901234567

[[bin]]
name = "one"

[bin.extra]
x = 1

[[bin]]
name = "two"
`;

test("tables, dotted keys, braces and arrays of tables are one tree; dates and inf are strings, big integers exact", () => {
  expect(parsed("toml", TEXT)).toEqual({
    package: {
      name: "demo",
      version: "0.1.0",
      edition: "2024",
      authors: ["a <a@example.org>", "b <b@example.org>"],
    },
    dependencies: {
      serde: { version: "1.0", features: ["derive"] },
      tokio: { version: "1", features: ["full"] },
    },
    profile: {
      release: {
        lto: true,
        "opt-level": 3,
        factor: 1.5,
        built: "1979-05-27T07:32:00Z",
        limit: "inf",
        id: Number("12345678901234567"),
      },
    },
    bin: [{ name: "one", extra: { x: 1 } }, { name: "two" }],
  });
  expect(patched("toml", TEXT, { package: { name: "x" } })).toContain("id = 12345678901234567\n");
});

test("a change leaves comments, quotes and blanks as they are", () => {
  expect(
    patched("toml", TEXT, {
      package: { name: "other", version: "0.2.0" },
      profile: { release: { lto: false } },
    }),
  ).toBe(
    TEXT.replace('"demo"', '"other"').replace("'0.1.0'", "'0.2.0'").replace("lto = true", "lto = false"),
  );
  const dos = TEXT.replaceAll("\n", "\r\n");
  expect(patched("toml", dos, { bin: [{ name: "one", extra: { x: 2 } }, { name: "two" }] })).toBe(
    dos.replace("x = 1", "x = 2"),
  );
});

test("a float stays a float, a date a date, and inf is written without quotes where it stood so", () => {
  const release = { factor: 2, built: "2026-01-02T03:04:05+01:00", limit: "-inf" };
  expect(patched("toml", TEXT, { profile: { release } })).toBe(
    TEXT.replace("1.5", "2.0")
      .replace("1979-05-27T07:32:00Z", "2026-01-02T03:04:05+01:00")
      .replace("= inf", "= -inf"),
  );
  expect(patched("toml", TEXT, { profile: { release: { built: "today" } } })).toContain('built = "today"\n');
  expect(patched("toml", 'date = "1979-05-27"\n', { date: "1980-01-01" })).toBe('date = "1980-01-01"\n');
});

test("keys are added in the way in which their table is written", () => {
  const text = patched("toml", TEXT, {
    top: 1,
    package: { license: "MIT" },
    dependencies: { serde: { optional: true }, tokio: { optional: true }, anyhow: "1" },
    profile: { dev: { "opt-level": 0, inner: { a: "b c" } }, codegen: 1 },
    lib: { "crate type": ["cdylib"] },
  });
  expect(text).toMatch(/^top = 1\n\n# the package\n\[package\]/);
  expect(text).toContain('    "b <b@example.org>",\n]\nlicense = "MIT"\n\n[dependencies]');
  expect(text).toContain('serde = { version = "1.0", features = ["derive"], optional = true }\n');
  expect(text).toContain('tokio.features = ["full"]\ntokio.optional = true\nanyhow = "1"\n');
  expect(text).toContain("# profiles\n[profile]\ncodegen = 1\n\n[profile.release]");
  expect(text).toContain(
    'id = 12345678901234567\n\n[profile.dev]\nopt-level = 0\n\n[profile.dev.inner]\na = "b c"\n\n[[bin]]',
  );
  expect(text).toMatch(/name = "two"\n\n\[lib\]\n"crate type" = \["cdylib"\]\n$/);
});

test("arrays of tables grow, shrink and keep what is not touched", () => {
  const one = { name: "one", extra: { x: 1 } };
  expect(patched("toml", TEXT, { bin: [one] })).toBe(TEXT.replace('[[bin]]\nname = "two"\n', ""));
  expect(patched("toml", TEXT, { bin: [{ name: "two" }] })).toBe(
    TEXT.replace('[[bin]]\nname = "one"\n\n[bin.extra]\nx = 1\n', "").replace("\n\n[[bin]]", "\n\n\n[[bin]]"),
  );
  expect(
    patched("toml", TEXT, { bin: [one, { name: "three", deps: [{ n: 1 }] }, { name: "two" }] }),
  ).toContain('x = 1\n\n[[bin]]\nname = "three"\n\n[[bin.deps]]\nn = 1\n\n[[bin]]\nname = "two"\n');
  expect(parsed("toml", patched("toml", TEXT, { bin: [] }))).toMatchObject({ bin: [] });
});

test("elements and their comments are removed together; what a table is written in goes with it", () => {
  expect(patched("toml", TEXT, { package: { authors: ["b <b@example.org>", "c"] } })).toContain(
    'authors = [\n    "b <b@example.org>",\n    "c",\n]\n',
  );
  expect(patched("toml", TEXT, { dependencies: { tokio: null } })).toContain('["derive"] }\n\n# profiles');
  expect(patched("toml", TEXT, { profile: { release: null } })).toContain("# profiles\n[profile]\n\n[[bin]]");
  expect(patched("toml", "a.b = 1\nc = 2\n", { a: { b: null } })).toBe("a = {}\nc = 2\n");
  expect(patched("toml", "[a]\nb = 1\n[c]\n", { a: 5 })).toBe("a = 5\n\n[c]\n");
});

test("strings keep their quotes where these can hold them, also over several lines", () => {
  const text = `a = '''\none\ntwo'''\nb = """\none\n"""\nc = 'x'\n`;
  expect(patched("toml", text, { a: "1\n2", b: 'say """ \\\nx\n', c: "it's" })).toBe(
    `a = '''\n1\n2'''\nb = """\nsay ""\\" \\\\\nx\n"""\nc = "it's"\n`,
  );
});

test("what TOML can't say is refused", () => {
  expect(refusal(() => patched("toml", TEXT, { package: { authors: [null] } }))).toBe(
    "content-invalid /package/authors/0",
  );
  expect(refusal(() => patched("toml", TEXT, ["x"]))).toBe("content-invalid ");
  expect(refusal(() => patched("toml", TEXT, { bin: [1] }))).toBe("content-invalid /bin/0");
  expect(refusal(() => patched("toml", TEXT, { bin: [{ name: "one" }, 5] }))).toBe("content-invalid /bin/1");
});

test("what is no TOML is told with line and column, and never quoted", () => {
  expect(complaint("toml", 'a = 1\na = "hunter2"\n')).toBe(
    "2:1 Not valid TOML: defining a key multiple times is invalid.",
  );
  expect(complaint("toml", "[t]\nx = hunter2\n")).toBe("2:5 Not valid TOML: unexpected character.");
  expect(complaint("toml", "a = [1,\n")).toMatch(/^2:1 /);
  expect(complaint("toml", `a = ${"[".repeat(210)}${"]".repeat(210)}\n`)).toMatch(
    /nested deeper than 200 levels/,
  );
  expect(complaint("toml", `a = ${"[".repeat(200_000)}`)).not.toBe("none");
});

test("a string that the parser can't hold makes no tree, and is not called invalid", () => {
  const { parseError } = readContent(Buffer.from(`a = "${"x".repeat(300_000)}"\n`), "toml");
  expect(parseError).toMatchObject({ isInvalid: false, detail: expect.stringContaining("too long") });
});

test("a zero at the very end of a file is changed in its place", () => {
  expect(patched("toml", "a = 0", { a: 5 })).toBe("a = 5");
});
