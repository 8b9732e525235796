import { describe, expect, test } from "vitest";
import { closest } from "../../src/base/closest.ts";
import { isErrno } from "../../src/base/errors.ts";
import { refuseOldNode } from "../../src/base/node-version.ts";
import { looksSecret, maskArguments, maskUrls } from "../../src/base/secrets.ts";

describe("secrets", () => {
  test.each([
    "password",
    "DB_PASSWORD",
    "db.pwd",
    "clientSecret",
    "API_KEY",
    "apiKey",
    "private-key",
    "TOKEN",
    "PGPASSWORD",
    "aws_secret_access_key",
    "connectionString",
    "JWT",
    "passphrase",
  ])("%s looks secret", (name) => expect(looksSecret(name)).toBe(true));

  test.each(["path", "user", "keyboard", "port", "author", "compass", "monkey", "primary_key_name", "title"])(
    "%s does not",
    (name) => expect(looksSecret(name)).toBe(false),
  );

  test("are masked in command lines", () => {
    expect(
      maskArguments([
        "java",
        "-Ddb.password=x",
        "--token",
        "abc",
        "--port",
        "80",
        "KEY=1",
        "API_KEY=2",
        "postgres://u:p@h/d",
        "--password",
        "--verbose",
      ]),
    ).toEqual([
      "java",
      "-Ddb.password=******",
      "--token",
      "******",
      "--port",
      "80",
      "KEY=1",
      "API_KEY=******",
      "postgres://u:******@h/d",
      "--password",
      "******",
    ]);
  });

  test("are masked in JSON that is an argument", () => {
    expect(maskArguments(['--env={"user": "u", "db_password":"a\\"b"}'])).toEqual([
      '--env={"user": "u", "db_password":"******"}',
    ]);
  });

  test("are masked in URLs, also with an empty user", () => {
    expect(maskUrls("redis://:secret@host and http://host/a:b@c")).toBe(
      "redis://:******@host and http://host/a:b@c",
    );
  });
});

test("the closest name is found, or none", () => {
  expect(closest("SIDECAR_HTPS_PORT", ["SIDECAR_HTTPS_PORT", "SIDECAR_HTTP_PORT"])).toBe(
    "SIDECAR_HTTPS_PORT",
  );
  expect(closest("abc", ["xyz"])).toBeUndefined();
});

test("an old Node is refused in one line that says what to do", () => {
  for (const version of ["24.18.0", "24.21.0", "26.10.0"]) expect(refuseOldNode(version)).toBeUndefined();
  for (const version of ["20.20.2", "22.99.0", "24.17.9"]) {
    expect(refuseOldNode(version)).toMatch(
      /^tickbird needs Node 24\.18 or newer; this is \S+\. Install Node 26, [^\n]+$/,
    );
  }
});

test("a system error is known by its code, whatever was thrown", () => {
  expect(isErrno(Object.assign(new Error("x"), { code: "ENOENT" }), "EACCES", "ENOENT")).toBe(true);
  expect(isErrno({ code: "ENOENT" }, "ENOENT")).toBe(false);
  expect(isErrno(undefined, "ENOENT")).toBe(false);
});
