import { describe, expect, test } from "vitest";
import { connectRaw } from "../../support/front.ts";
import { type FieldList, onlyValue } from "../../support/messages.ts";
import { HTTP1, HTTP2, namesOf, OK, ROUTES, startScene } from "./scene.ts";

/** What a client may say of itself to no avail. */
const CLAIMS = [
  ["X-Forwarded-For", "6.6.6.6, 198.51.100.7"],
  ["x-forwarded-for", "6.6.6.7"],
  ["X_Forwarded_For", "6.6.6.6"],
  ["X-Forwarded_For", "6.6.6.6"],
  ["X-Forwarded-Proto", "http"],
  ["X-Forwarded-Host", "evil.example"],
  ["X_FORWARDED_HOST", "evil.example"],
  ["X-Forwarded-Port", "666"],
  ["X-Real-IP", "6.6.6.6"],
  ["Forwarded", "for=6.6.6.6;host=evil.example"],
  ["Via", "1.0 earlier"],
] as const;

const said = (fields: FieldList) => ({
  for: onlyValue(fields, "x-forwarded-for"),
  real: onlyValue(fields, "x-real-ip"),
  proto: onlyValue(fields, "x-forwarded-proto"),
  host: onlyValue(fields, "x-forwarded-host"),
  port: onlyValue(fields, "x-forwarded-port"),
  forwarded: onlyValue(fields, "forwarded"),
});

describe("23. who the client is, the core hears from us (RFC 7239, RFC 9110 section 7.6.3)", () => {
  test.each(ROUTES)("$name: what a client says of itself is replaced, however it is spelt", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    await (await scene.ask({ fields: CLAIMS })).reply();
    const { fields } = (await scene.arrived()).message;
    expect(said(fields)).toEqual({
      for: "127.0.0.1",
      real: "127.0.0.1",
      proto: "https",
      host: "app",
      port: "443",
      forwarded: 'for=127.0.0.1;host="app";proto=https',
    });
    expect(namesOf(fields).filter((name) => name.includes("_"))).toEqual([]);
    // The request's id is random, and may have any digits.
    const values = fields.filter(([name]) => name.toLowerCase() !== "x-request-id").map(([, value]) => value);
    expect(values.join()).not.toMatch(/6\.6\.6|evil|666/);
  });

  test.each(ROUTES)(
    "$name: what a trusted peer says is continued, and walked from right to left",
    async (route) => {
      await using scene = await startScene(route, {
        answers: [OK],
        file: { https: { trustedPeers: ["127.0.0.1", "10.0.0.0/8"] } },
      });
      const fields = [
        ["X-Forwarded-For", "6.6.6.6, 198.51.100.7, 10.0.0.9"],
        ["X-Forwarded-Proto", "http"],
        ["X-Forwarded-Host", "public.example"],
        ["X_Forwarded_For", "6.6.6.6"],
      ] as const;
      await (await scene.ask({ fields })).reply();
      const { message } = await scene.arrived();
      expect(said(message.fields)).toMatchObject({
        for: "6.6.6.6, 198.51.100.7, 10.0.0.9, 127.0.0.1",
        real: "198.51.100.7",
        proto: "http",
        host: "public.example",
      });
      expect(namesOf(message.fields)).not.toContain("x_forwarded_for");
    },
  );

  test.each(ROUTES)("$name: Via names us and the protocol, after those who came before", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    await (await scene.ask({ fields: [["Via", "1.0 earlier"]] })).reply();
    const { fields } = (await scene.arrived()).message;
    const via = fields.filter(([name]) => name.toLowerCase() === "via").map(([, value]) => value);
    expect(via.join(", ")).toBe(`1.0 earlier, ${route.version} tickbird`);
  });
});

describe("24. the core's view of itself is not rewritten:", () => {
  const FIELDS = [
    "Location: http://app:8080/next?x=//y",
    "Content-Location: /other",
    "Set-Cookie: a=1; Domain=app; Path=/; Secure",
    "Set-Cookie: b=2; HttpOnly",
    "Refresh: 5; url=http://app/x",
  ];

  describe.each(ROUTES)("$name", (route) => {
    test.each([201, 301, 303, 308])("its answer of %i keeps Location and cookies", async (status) => {
      const answer = `HTTP/1.1 ${status} Odd\r\n${FIELDS.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
      await using scene = await startScene(route, { answers: [answer] });
      const reply = await (await scene.ask()).reply();
      expect(reply.status).toBe(status);
      const lines = reply.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
      expect(lines.filter((line) => !/^(date|content-length|connection|keep-alive):/.test(line))).toEqual(
        FIELDS.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())),
      );
    });
  });

  test.each(HTTP1)("$name: it sees the Host that the client named", async (route) => {
    await using scene = await startScene(route);
    using _client = await connectRaw(scene.front, "GET / HTTP/1.1\r\nhOsT: App.Example:8443\r\n\r\n");
    expect(onlyValue((await scene.arrived()).message.fields, "host")).toBe("App.Example:8443");
  });

  test("over HTTP/2: too", async () => {
    await using scene = await startScene(HTTP2);
    await scene.ask();
    expect(onlyValue((await scene.arrived()).message.fields, "host")).toBe("app");
  });
});

describe("25. a WebSocket is said to have come by https", () => {
  test.each(HTTP1)("$name", async (route) => {
    await using scene = await startScene(route);
    using _client = await connectRaw(
      scene.front,
      "GET /ws HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-Proto: wss\r\n\r\n",
    );
    const { fields } = (await scene.arrived()).message;
    expect(said(fields)).toMatchObject({ proto: "https", for: "127.0.0.1", host: "app" });
    expect(onlyValue(fields, "forwarded")).toContain("proto=https");
  });
});
