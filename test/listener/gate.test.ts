import { describe, expect, test } from "vitest";
import { createGate } from "../../src/listener/gate.ts";
import { randomOf, seedOr } from "../support/random.ts";

const gate = createGate("/_sidecar");

describe("the gate answers itself", () => {
  test.each(["/_sidecar", "/_sidecar/", "/_sidecar/strace/1/5", "/_sidecar?x=1", "/_sidecar/health#x"])(
    "%s",
    (target) => {
      expect(gate(target)).toEqual({ kind: "ours", target, authority: undefined });
    },
  );

  test("an absolute form, reduced to its path", () => {
    expect(gate("http://evil.example/_sidecar/health?x")).toEqual({
      kind: "ours",
      target: "/_sidecar/health?x",
      authority: "evil.example",
    });
  });
});

describe("the gate hands to the core, byte by byte,", () => {
  test.each([
    "/",
    "*",
    "//",
    "/a//b",
    "/a/../b",
    "/%2e%2e/x",
    "/\\x",
    "/?",
    "/_sidecarx",
    "/_sidecar-not",
    "/x/_sidecar",
    "/_sideca",
    "/search?q=/_sidecar/",
    "/a;jsessionid=1/b",
    "/%zz",
    "/%",
    "/%ff%fe",
    "/x#/_sidecar",
    "/..",
  ])("%s", (target) => {
    expect(gate(target)).toEqual({ kind: "core", target, authority: undefined });
  });

  test("an absolute form, with its authority", () => {
    expect(gate("HTTP://app.example:81/a//b?c")).toEqual({
      kind: "core",
      target: "/a//b?c",
      authority: "app.example:81",
    });
    expect(gate("http://app.example?x")).toEqual({ kind: "core", target: "/?x", authority: "app.example" });
    expect(gate("http://app.example")).toEqual({ kind: "core", target: "/", authority: "app.example" });
  });
});

describe("the gate refuses what becomes ours only after normalising:", () => {
  test.each([
    "//_sidecar",
    "//_sidecar/health",
    "/%5fsidecar/health",
    "/%5Fsidecar",
    "/./_sidecar/health",
    "/a/../_sidecar",
    "/a/..;x/_sidecar",
    "/_SIDECAR",
    "/_Sidecar/health",
    "/_sidecar;x=1/health",
    "/_sidecar%2fhealth",
    "/_sidecar%2Fhealth",
    "/_sidecar\\health",
    "\\_sidecar",
    "/%255fsidecar",
    "/%25255fsidecar",
    "/%u005fsidecar",
    "/%c1%9fsidecar",
    "/x/%2e%2e/_sidecar/strace",
    "/..%2f_sidecar",
    "/_sidecar%3fx",
    "/_sidecar%23x",
    "/_sidecar%00",
    "/_sidecar%20/health",
    "/_sidecar./health",
    "/;/_sidecar",
    "/%ef%bc%bfsidecar",
    "/_\u017fidecar",
    "http://x//_sidecar",
    "http://x/%5fsidecar",
  ])("%s", (target) => {
    expect(gate(target)).toEqual({ kind: "refused" });
  });
});

test("what it takes for plain at a glance, it would find to be the core's if it looked", () => {
  const random = randomOf(seedOr(31));
  const parts = [
    "/",
    "/",
    ".",
    "_",
    "-",
    "a",
    "Z",
    "7",
    "?",
    "#",
    "%5f",
    ";",
    "\\",
    "_sidecar",
    "_SIDECAR",
    "sidecar",
  ];
  const seen = new Set<string>();
  for (let round = 0; round < 30_000; round += 1) {
    const target = `/${Array.from({ length: random.int(7) }, () => random.pick(parts)).join("")}`;
    // An absolute form is never taken for plain; of its path the same is said.
    const { kind } = gate(target);
    expect(gate(`http://x${target}`).kind, target).toBe(kind);
    seen.add(kind);
  }
  expect([...seen].sort()).toEqual(["core", "ours", "refused"]);
});

test("a prefix of two segments is guarded the same way", () => {
  const deep = createGate("/ops/sidecar");
  expect(deep("/ops/sidecar/x").kind).toBe("ours");
  expect(deep("/ops//sidecar/x").kind).toBe("refused");
  expect(deep("/ops/%73idecar").kind).toBe("refused");
  expect(deep("/ops").kind).toBe("core");
});
