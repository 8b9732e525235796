import { describe, expect, test } from "vitest";
import { createTokenCheck, readAuthorization } from "../../src/web/credentials.ts";
import { cpuMsOf } from "../support/cpu-time.ts";

const OWN = { name: "ops", token: "a-token-of-sixteen", role: "operator" } as const;
const GUEST = { name: "guest", token: "another-token-here", role: "viewer" } as const;

describe("the check of tokens", () => {
  test("knows a token by its name and role, whichever place it has in the list", () => {
    const check = createTokenCheck([OWN, GUEST]);

    expect(check(OWN.token)).toEqual({ kind: "accepted", name: "ops", role: "operator" });
    expect(check(GUEST.token)).toEqual({ kind: "accepted", name: "guest", role: "viewer" });
  });

  test.each([
    ["nothing", ""],
    ["its beginning", OWN.token.slice(0, -1)],
    ["more than it", `${OWN.token}x`],
    ["another case", OWN.token.toUpperCase()],
    ["a space after it", `${OWN.token} `],
  ])("does not take %s for the token", (_, sent) => {
    expect(createTokenCheck([OWN])(sent)).toEqual({ kind: "unknown" });
  });

  test("knows no token where none is configured", () => {
    expect(createTokenCheck([])("")).toEqual({ kind: "unknown" });
  });

  test("refuses a token from the very millisecond it expires, in any time zone", () => {
    let now = Date.parse("2026-01-31T22:59:59.999Z");
    const expires = "2026-02-01T00:00:00+01:00";
    const check = createTokenCheck([{ ...OWN, expires }], () => now);

    expect(check(OWN.token).kind).toBe("accepted");
    now += 1;
    expect(check(OWN.token)).toEqual({ kind: "expired", name: "ops", expires });
  });
});

describe("the Authorization header", () => {
  test.each([
    ["Bearer abc.def", { via: "bearer", token: "abc.def" }],
    ["bearer abc", { via: "bearer", token: "abc" }],
    ["BEARER   abc  ", { via: "bearer", token: "abc" }],
    [`Basic ${btoa("me:secret")}`, { via: "basic", token: "secret" }],
    [`basic ${btoa(":secret")}`, { via: "basic", token: "secret" }],
    [`Basic ${btoa("me:with:colons")}`, { via: "basic", token: "with:colons" }],
    [`Basic ${Buffer.from("me:pässwörter").toString("base64")}`, { via: "basic", token: "pässwörter" }],
  ])("%s is read", (header, credential) => {
    expect(readAuthorization(header)).toEqual(credential);
  });

  test.each(["", "Bearer", "Bearer ", "Bearer a b", "Negotiate abc", "abc", `Basic ${btoa("no colon")}`])(
    "%j is neither Bearer nor Basic",
    (header) => {
      expect(readAuthorization(header)).toBeUndefined();
    },
  );

  test("a header of a hundred thousand spaces is read at once", () => {
    const header = `Bearer ${" ".repeat(100_000)}`;
    expect(cpuMsOf(() => readAuthorization(header))).toBeLessThan(1_000);
  });
});
