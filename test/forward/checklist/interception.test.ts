import { describe, expect, test } from "vitest";
import { connectRawHttp2, FRAME, get } from "../../listener/raw-http2.ts";
import { poll } from "../../support/poll.ts";
import { HTTP1, HTTP2, OK, ROUTES, startScene } from "./scene.ts";

describe("26. who answers is decided once, on the raw target (CVE-2019-9901, CVE-2021-29492)", () => {
  describe.each(ROUTES)("$name", (route) => {
    test("what is ours we answer", async () => {
      await using scene = await startScene(route, { answers: [OK] });
      const client = await scene.client();
      const ours = ["/_sidecar", "/_sidecar/health", "/_sidecar?x", "/_sidecar/../x"];
      for (const target of ours)
        expect(await client.ask({ target }).reply(), target).toMatchObject({ body: "ours" });
      expect(scene.core.connections).toHaveLength(0);
    });

    test("what only normalising makes ours nobody answers, the core least of all", async () => {
      await using scene = await startScene(route, { answers: [OK] });
      const client = await scene.client();
      const hidden = [
        "//_sidecar/health",
        "/_SIDECAR/Health",
        "/%5fsidecar/health",
        "/%255fsidecar",
        "/./_sidecar/health",
        "/x/../_sidecar",
        "/x/..;y/_sidecar",
        "/_sidecar;x=1/health",
        "/_sidecar%2fhealth",
        "/_sidecar\\health",
      ];
      for (const target of hidden) expect((await client.ask({ target }).reply()).status, target).toBe(404);
      expect(scene.core.connections).toHaveLength(0);
    });

    test("what only looks like ours is the core's, byte by byte", async () => {
      await using scene = await startScene(route, { answers: [OK] });
      const client = await scene.client();
      const targets = ["/_sidecarx", "/x/_sidecar", "/?q=/_sidecar/", "/a//b/../c"];
      for (const [index, target] of targets.entries()) {
        expect(await client.ask({ target }).reply()).toMatchObject({ body: "ok" });
        expect((await scene.arrived(index)).message.start).toBe(`GET ${target} HTTP/1.1`);
      }
    });
  });

  test.each(HTTP1)("$name: an absolute form is reduced first", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    const client = await scene.client();
    expect(await client.ask({ target: "http://other/_sidecar/health" }).reply()).toMatchObject({
      body: "ours",
    });
    expect((await client.ask({ target: "http://other//_sidecar" }).reply()).status).toBe(404);
    expect(scene.core.connections).toHaveLength(0);
  });
});

/** Targets that libraries are known to change on their way. */
const TARGETS = [
  "//",
  "//a//b//",
  "/a/../b",
  "/a/./b/.",
  "/..",
  "/%2e%2e/x",
  "/%2E/%2f%5C",
  "/?",
  "/??",
  "/a?b?c#",
  "/a;b=c;d",
  "/'\"<>|^`{}[]",
  "/%zz%",
  "/a+b%20c",
  "/\\a\\..\\b",
  "/:80/@x",
  "/a?x=//y/../z&u=http://e/",
  `/${"x".repeat(8_000)}`,
];

describe("27. the request target reaches the core byte by byte", () => {
  test.each(HTTP1)("$name", async (route) => {
    await using scene = await startScene(route, { answers: [OK] });
    const client = await scene.client();
    for (const [index, target] of TARGETS.entries()) {
      expect((await client.ask({ target }).reply()).status, target).toBe(200);
      expect((await scene.arrived(index)).message.start).toBe(`GET ${target} HTTP/1.1`);
    }
  });

  test("over HTTP/2", async () => {
    await using scene = await startScene(HTTP2, { answers: [OK] });
    using client = await connectRawHttp2(scene.front);
    for (const [index, target] of TARGETS.entries()) {
      const streamId = 1 + 2 * index;
      client.send(get(streamId, target));
      await poll(`an answer to ${target}`, () =>
        client.frames.some((frame) => frame.streamId === streamId && frame.type === FRAME.HEADERS),
      );
      expect((await scene.arrived(index)).message.start).toBe(`GET ${target} HTTP/1.1`);
    }
  });
});
