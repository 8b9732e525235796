import { describe, expect, test } from "vitest";
import {
  canonicalName,
  ObjectNameError,
  parseObjectName,
} from "../../../../src/features/jvm/jmx/object-name.ts";

describe("the name of an MBean", () => {
  test.each([
    ["d:type=T,name=N", "d:name=N,type=T", false],
    ['d:b="a,b=c:d\\"e\\\\",a=', 'd:a=,b="a,b=c:d\\"e\\\\"', false],
    [":a=b", ":a=b", false],
    ["d d:a=b c", "d d:a=b c", false],
    ["*:*", "*:*", true],
    ["java.lang:type=*,name=x", "java.lang:name=x,type=*", true],
    ["d:*,a=b", "d:a=b,*", true],
    ["d:a=b,*", "d:a=b,*", true],
    ["d?:a=b", "d?:a=b", true],
    ['d:a="\\*\\?"', 'd:a="\\*\\?"', false],
    ['d:a="x*"', 'd:a="x*"', true],
  ])("%s is %s, in order", (text, canonical, isPattern) => {
    const name = parseObjectName(text);
    expect([canonicalName(name), name.isPattern]).toEqual([canonical, isPattern]);
  });

  test.each([
    "",
    "d",
    "d:",
    "d:a",
    "d:a=b,",
    "d:=b",
    "d:a=b,a=c",
    "d:a=b=c",
    "d:a=b:c",
    'd:a=b"c',
    'd:a="b',
    'd:a="b"c',
    'd:a="\\x"',
    "d:*,*",
    "d:a*=b",
    "d\n:a=b",
    "d:a=b\n",
    `d:a=${"x".repeat(9_000)}`,
  ])("is not %j", (text) => {
    expect(() => parseObjectName(text)).toThrow(ObjectNameError);
  });
});
