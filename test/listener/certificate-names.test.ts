import { expect, it } from "vitest";
import { canonicalName, namesOf, wantedNames } from "../../src/listener/certificates/names.ts";

it("a name has one form, whatever form it was written in", () => {
  expect(canonicalName("App.Example.COM.")).toBe("app.example.com");
  expect(canonicalName("FD00:0:0:0:0:0:0:1")).toBe("fd00::1");
  expect(canonicalName("0:0:0:0:0:0:0:1")).toBe("::1");
  expect(canonicalName("127.0.0.1")).toBe("127.0.0.1");
});

it("the names of a certificate are its DNS names and addresses, and nothing that pretends to be one", () => {
  expect(namesOf("DNS:a.example, IP Address:127.0.0.1, email:x@example.com, URI:https://b.example")).toEqual([
    "a.example",
    "127.0.0.1",
  ]);
  expect(namesOf('DNS:a.example, URI:"https://x/, DNS:evil.example", DNS:b.example')).toEqual([
    "a.example",
    "b.example",
  ]);
  expect(namesOf('DNS:"a.example, DNS:evil.example"')).toEqual([]);
  expect(namesOf(undefined)).toEqual([]);
});

it("a name that is wanted twice is wanted once", () => {
  const names = wantedNames(["LOCALHOST", "a.example", "A.example.", "::1"], ["FD00:0::2", "127.0.0.1"]);
  expect(names).toEqual(["localhost", "a.example", "::1", "127.0.0.1", "fd00::2"]);
});
