import { expect, test } from "vitest";
import {
  createBoundedValues,
  createJvmNames,
  MAX_JVM_NAMES,
} from "../../../src/features/jvm/metric-names.ts";

test("a JVM is named by its main class or jar; two of the same name are told apart", () => {
  const names = createJvmNames();
  expect(names(["org.acme.Main --x", "/opt/app/shop.jar", "org.acme.Main", null, ""])).toEqual([
    ...["org.acme.Main", "shop.jar", "org.acme.Main-2", "java", "java-2"],
  ]);
  expect(names(["org.acme.Main"])).toEqual(["org.acme.Main"]);
  expect(names([`${"x".repeat(200)}\u202e`])[0]).toHaveLength(64);
});

test("names are bounded, for good: one further JVM is `other`, the rest are left out", () => {
  const names = createJvmNames();
  for (let restart = 0; restart < 100; restart++) names([`app-${restart}`]);
  expect(names(["app-0", `app-${MAX_JVM_NAMES}`, "new-1", "new-2"])).toEqual([
    "app-0",
    "other",
    undefined,
    undefined,
  ]);
});

test("values of labels that an app makes up are bounded too", () => {
  const bound = createBoundedValues();
  const values = Array.from({ length: 1_000 }, (_, index) => bound(`collector ${index}`));
  expect(new Set(values).size).toBe(33);
  expect(bound("collector 0")).toBe("collector 0");
  expect(bound("another")).toBe("other");
});
