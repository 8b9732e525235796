import { expect, test } from "vitest";
import type { Json } from "../../../../src/features/jvm/jmx/json.ts";
import { holdsMask, maskJson } from "../../../../src/features/jvm/mbeans/mask-json.ts";

test("texts that look secret are masked by the names above them, in objects, arrays and rows of tables", () => {
  expect(maskJson("Password", "abc")).toBe("******");
  expect(maskJson("SystemProperties", { "db.password": "abc", "user.name": "zoe" })).toEqual({
    "db.password": "******",
    "user.name": "zoe",
  });
  expect(maskJson("SystemProperties", { row: { key: "api.key", value: "abc" } })).toEqual({
    row: { key: "api.key", value: "******" },
  });
  expect(maskJson("InputArguments", ["-Dapi.key=abc", "-Xmx64m"])).toEqual(["-Dapi.key=******", "-Xmx64m"]);
  expect(maskJson("Credentials", { first: ["abc"] })).toEqual({ first: ["******"] });
  expect(maskJson("url", "jdbc:x://zoe:abc@db/")).toBe("jdbc:x://zoe:******@db/");
});

test("numbers and truths stay, with all their digits", () => {
  expect(maskJson("TokenCount", 5n)).toBe(5n);
  expect(maskJson("PasswordSet", true)).toBe(true);
});

test("a mask that is sent back is found in any text, however deep", () => {
  expect(holdsMask("******")).toBe(true);
  expect(holdsMask("jdbc:x://zoe:******@db/")).toBe(true);
  expect(holdsMask([1, { a: [null, { b: "x******" }] }])).toBe(true);
  expect(holdsMask(maskJson("Settings", { "db.password": "abc" }))).toBe(true);
  expect(holdsMask(["*****", 5n, true, null, { "******": "a" }])).toBe(false);
  let deep: Json = "******";
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(holdsMask(deep)).toBe(true);
});
