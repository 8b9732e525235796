import { expect, test } from "vitest";
import { createAllowList } from "../../../../src/features/jvm/mbeans/allow-list.ts";

const LOGGING = "java.util.logging:type=Logging";
const list = createAllowList([
  { mbean: LOGGING, attributes: [], operations: ["setLoggerLevel"] },
  { mbean: "app:type=Pool,*", attributes: ["*"], operations: [] },
]);

test("what may be changed is what the settings name, by MBean, kind and name", () => {
  expect(list.allows(LOGGING, { kind: "operations", name: "setLoggerLevel" })).toBe(true);
  expect(list.allows(LOGGING, { kind: "operations", name: "other" })).toBe(false);
  expect(list.allows(LOGGING, { kind: "attributes", name: "setLoggerLevel" })).toBe(false);
  expect(list.allows("app:name=a,type=Pool", { kind: "attributes", name: "Size" })).toBe(true);
  expect(list.allows("app:name=a,type=Pool", { kind: "operations", name: "Size" })).toBe(false);
  expect(list.allows("app:type=Other", { kind: "attributes", name: "Size" })).toBe(false);
  expect(list.allows("*:*", { kind: "attributes", name: "Size" })).toBe(false);
  const none = createAllowList([]);
  expect(none.allows(LOGGING, { kind: "operations", name: "setLoggerLevel" })).toBe(false);
});

test("a pattern that is none is told at the start", () => {
  expect(() => createAllowList([{ mbean: "app:type", attributes: ["*"], operations: [] }])).toThrow(
    /jvm\.jmx\.allow: .* is no name of an MBean/,
  );
});
