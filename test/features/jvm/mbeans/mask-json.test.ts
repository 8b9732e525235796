import { expect, test } from "vitest";
import { maskJson } from "../../../../src/features/jvm/mbeans/mask-json.ts";

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
