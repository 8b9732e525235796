import { describe, expect, test } from "vitest";
import { hostName } from "../../src/web/hosts.ts";
import { featureOf } from "../support/feature-of.ts";
import { send } from "../support/send.ts";
import { serveFeatures } from "../support/serve-features.ts";

describe("the host of an authority", () => {
  test.each([
    ["app.example.com", "app.example.com"],
    ["APP.Example.COM:8443", "app.example.com"],
    ["app.example.com.", "app.example.com"],
    ["127.0.0.1:80", "127.0.0.1"],
    ["[::1]:8443", "::1"],
    ["[::1]", "::1"],
    ["localhost:", "localhost"],
  ])("%s is %s", (authority, host) => {
    expect(hostName(authority)).toBe(host);
  });

  test.each(["", ":8443", "a b", "user@host", "host/path", "host:80:90", "[::1", "host:8o"])(
    "%j has none",
    (authority) => {
      expect(hostName(authority)).toBeUndefined();
    },
  );
});

describe("the Host of a request", () => {
  const probe = featureOf((table) => {
    for (const path of ["/thing", "/livez", "/readyz", "/livez/more"]) {
      table.add("GET", path, { summary: "", role: "open", responses: {} }, ({ ctx }) => {
        ctx.body = "ok";
      });
    }
  });
  const hostNames = ["localhost", "App.example.com", "*.wild.example.com"];

  test.each([
    "localhost",
    "LOCALHOST:1234",
    "app.example.com",
    "app.example.com.:8443",
    "one.wild.example.com",
    "10.0.0.7:8443",
    "[2001:db8::1]:8443",
  ])("%s is ours", async (host) => {
    await using served = await serveFeatures([probe], { hostNames });

    expect((await send(`${served.url}/thing`, { headers: { Host: host } })).status).toBe(200);
  });

  test.each([
    "evil.example",
    "app.example.com.evil.example",
    "wild.example.com",
    "two.one.wild.example.com",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "evil.example@x y",
  ])("%s is refused with 421 and the setting that would allow it", async (host) => {
    await using served = await serveFeatures([probe], { hostNames });

    const answer = await send(`${served.url}/thing`, { headers: { Host: host } });

    expect(answer.status).toBe(421);
    expect(answer.json()).toMatchObject({
      code: "host-refused",
      remedy: expect.stringContaining("SIDECAR_HTTPS_NAMES="),
    });
  });

  test.each([
    ["/livez", 200],
    ["/readyz", 200],
    ["/livez/more", 421],
    ["/%6Civez", 421],
    ["/nothing", 421],
  ])("does not matter to the probes of load balancers, and to nothing else: %s", async (path, status) => {
    await using served = await serveFeatures([probe], { hostNames });

    expect((await send(served.url + path, { headers: { Host: "lb.internal" } })).status).toBe(status);
  });
});
