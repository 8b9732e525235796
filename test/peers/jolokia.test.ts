import { expect, test } from "vitest";
import { fromJson } from "../../src/features/jvm/jmx/from-json.ts";
import { connectJmx } from "../../src/features/jvm/jmx/jmx-client.ts";
import type { Json } from "../../src/features/jvm/jmx/json.ts";
import { jmxFlags } from "../support/jmx-fixtures.ts";
import { askJolokia, askOurs, comparable } from "../support/jolokia-oracle.ts";
import { JOLOKIA_DIFFERENCES, JOLOKIA_REQUESTS } from "../support/jolokia-requests.ts";
import { describeWith } from "../support/peers.ts";
import { freePort } from "../support/ports.ts";

describeWith(["jdk", "jolokia"], "Jolokia's own core within an app", () => {
  test("and ours beside it answer the same, field by field", async () => {
    const port = await freePort();
    let ours: Json[] = [];
    const theirs = await askJolokia(JOLOKIA_REQUESTS, jmxFlags(port), async () => {
      await using client = await connectJmx({ host: "127.0.0.1", port, credentials: null });
      await client.setAttribute("odd:type=Values", "Writable", fromJson(1, "int", null));
      for (const name of ["Plain", "Open"]) await client.invoke(`changing:type=${name}`, "reset", [], []);
      ours = await askOurs(client, JOLOKIA_REQUESTS);
    });
    const compared = JOLOKIA_REQUESTS.map((request, at) => ({
      request,
      ours: comparable(ours[at] ?? null),
      theirs: comparable(theirs[at] ?? ""),
    })).filter(({ request }) => !JOLOKIA_DIFFERENCES.has(request));
    // Of so many; the rest are explained each.
    expect([JOLOKIA_REQUESTS.length, compared.length]).toEqual([200, 174]);
    expect(compared.map((one) => one.ours)).toEqual(compared.map((one) => one.theirs));
  });
});
