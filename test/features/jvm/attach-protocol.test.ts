import { expect, test } from "vitest";
import {
  attachAnswer,
  attachRequest,
  offeredVersion,
} from "../../../src/features/jvm/attach/attach-protocol.ts";

test("a request of version 1 has three arguments, one of version 2 its length", () => {
  expect(attachRequest(1, "jcmd", ["VM.flags -all"]).toString()).toBe("1\0jcmd\0VM.flags -all\0\0\0");
  expect(attachRequest(1, "properties", []).toString()).toBe("1\0properties\0\0\0\0");
  expect(attachRequest(2, "jcmd", ["VM.flags"]).toString()).toBe(`2\0${5 + 9}\0jcmd\0VM.flags\0`);
});

test("what a version can't bear is a fault of ours, and never sent", () => {
  expect(() => attachRequest(1, "x", ["1", "2", "3", "4"])).toThrow(RangeError);
  expect(() => attachRequest(1, "x", ["y".repeat(1_025)])).toThrow(RangeError);
  expect(() => attachRequest(2, "x", ["y".repeat(262_144)])).toThrow(RangeError);
  expect(() => attachRequest(2, "x\0y", [])).toThrow(RangeError);
});

test("an answer is a code and a text; a refusal has the JVM's own words", () => {
  expect(attachAnswer(Buffer.from("0\nhello\nworld"), "x")).toBe("hello\nworld");
  expect(() => attachAnswer(Buffer.from("1\nUnknown diagnostic command\n"), "jcmd X")).toThrow(
    "The JVM refuses jcmd X (code 1): Unknown diagnostic command",
  );
  for (const none of ["", "0", "HTTP/1.1 200 OK\r\n\r\n", "\n", `${"9".repeat(40)}\n`]) {
    expect(() => attachAnswer(Buffer.from(none), "x")).toThrow(
      expect.objectContaining({ code: "core-protocol-error" }),
    );
  }
});

test("only who says so has version 2", () => {
  expect(offeredVersion(Buffer.from("0\n2 streaming"))).toBe(2);
  expect(offeredVersion(Buffer.from("-1\nOperation getversion not recognized!"))).toBe(1);
  expect(offeredVersion(Buffer.from("101\n"))).toBe(1);
});
