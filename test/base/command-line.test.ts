import { expect, test } from "vitest";
import { maskCommandLine, maskValue, printCommandLine } from "../../src/base/command-line.ts";
import { printable } from "../../src/base/printable.ts";
import { parseLimits } from "../../src/linux/proc-limits.ts";

test("secrets are masked as options, as assignments, in URLs, and in a command inside of one argument", () => {
  expect(maskCommandLine(["app", "--password=hunter2", "--token", "abc", "DB_PASSWORD=x", "-v"])).toEqual([
    ...["app", "--password=******", "--token", "******", "DB_PASSWORD=******", "-v"],
  ]);
  expect(maskCommandLine(["sh", "-c", "exec  mysql --password=hunter2 \thttp://u:p4ss@db/"])).toEqual([
    ...["sh", "-c", "exec  mysql --password=****** \thttp://u:******@db/"],
  ]);
  expect(maskCommandLine(["worker: --api-key s3cret idle"])).toEqual(["worker: --api-key ****** idle"]);
});

test("secrets are masked wherever a word begins, and whatever stands before a URL", () => {
  expect(maskValue("Url", "jdbc:x;user=a;Password=hunter2&api-key=k;sslmode=off")).toBe(
    "jdbc:x;user=a;Password=******&api-key=******;sslmode=off",
  );
  for (const before of ["", "jdbc:", "-", "...", "_", "9", "+", "see:http://host/"]) {
    expect(maskValue("Url", `${before}http://u:p4ss@db/`)).toBe(`${before}http://u:******@db/`);
  }
});

test.each(["a", "a.", "-", "a-", '"', '"a":', "a=", "a://", "a:", " ", "a://b:", "+"])(
  "four million characters that repeat %j are looked through at once",
  (unit) => {
    // Each character that is tried to the end of the text anew would take hours.
    const text = unit.repeat(4_000_000 / unit.length);
    expect(maskValue("Text", text)).toBe(text);
  },
);

test("a printed command line is one line, quoted where a shell would split it", () => {
  expect(printCommandLine(["sh", "-c", "echo 'a b'", ""])).toBe("sh -c 'echo '\\''a b'\\''' ''");
  expect(printCommandLine(["server: idle worker"])).toBe("server: idle worker");
  expect(printCommandLine(["a", "x\n\u001b[2J"])).toBe("a 'x\\x0a\\x1b[2J'");
});

test("what a terminal or a reader could be misled by is escaped", () => {
  expect(printable("a\u0000\u0007\u009b\u202eb\u2028c")).toBe("a\\x00\\x07\\x9b\\u{202e}b\\u{2028}c");
  expect(printable("Grüße 東京")).toBe("Grüße 東京");
});

test("limits are read from their table, with unlimited as a word", () => {
  const table = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            1024                 524288               files     
Max nice priority         0                    0                    
`;
  expect(parseLimits(table)).toEqual([
    { name: "cpu time", soft: "unlimited", hard: "unlimited", unit: "seconds" },
    { name: "open files", soft: 1024, hard: 524288, unit: "files" },
    { name: "nice priority", soft: 0, hard: 0, unit: null },
  ]);
});
