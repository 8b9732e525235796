import { expect, test } from "vitest";
import { matchesPattern } from "../../../../src/features/jvm/jmx/name-pattern.ts";
import { parseObjectName } from "../../../../src/features/jvm/jmx/object-name.ts";

// What ObjectName.apply of Java 17 says of the same.
test.each([
  ["d:type=T,name=N", "d:name=N,type=T", true],
  ["d:type=T", "d:name=N,type=T", false],
  ["d:type=T,*", "d:name=N,type=T", true],
  ["*:*", "java.lang:type=Memory", true],
  ["java.*:*", "javax:type=Memory", false],
  ["java.l?ng:type=Mem*", "java.lang:type=Memory", true],
  ["java.lang:type=Mem", "java.lang:type=Memory", false],
  ["java.lang:type=*ory,name=x", "java.lang:type=Memory", false],
  ['d:a="x*"', 'd:a="xyz"', true],
  ['d:a="x\\*"', 'd:a="xyz"', false],
  ['d:a="x\\*"', 'd:a="x\\*"', true],
  ["d:a=(b)", "d:a=b", false],
  ["*:*", "d:*", false],
])("the pattern %s stands for %s: %s", (pattern, name, expected) => {
  expect(matchesPattern(parseObjectName(pattern), parseObjectName(name))).toBe(expected);
});
