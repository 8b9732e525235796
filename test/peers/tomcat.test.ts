import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "../support/peers.ts";
import { type Pair, PROTOCOLS, pair } from "./compare.ts";
import { type Edge, startEdge } from "./edge.ts";
import { LOGIN, startTomcat, type Tomcat } from "./tomcat.ts";

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
const SERVLETS = "/examples/servlets/servlet";

/** The session cookie, as a client sends it back. */
const sessionOf = (value: string | undefined) => /JSESSIONID=[0-9A-F]{32}/.exec(value ?? "")?.[0];

describeWith(["tomcat"], "Tomcat behind the sidecar", () => {
  let core: Tomcat;
  let edge: Edge;
  let both: Pair;

  beforeAll(async () => {
    core = await startTomcat('compression="on" compressionMinSize="1024"');
    edge = await startEdge(core.port);
    both = pair(core.port, edge);
  });
  afterAll(async () => {
    both?.[Symbol.dispose]();
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  describe.each(PROTOCOLS)("over %s", (protocol) => {
    test.each([
      ["/examples/", 200],
      ["/examples", 302],
      ["/examples/index.html", 200],
      ["/examples/servlets/images/code.gif", 200],
      [`${SERVLETS}/HelloWorldExample`, 200],
      [`${SERVLETS}/RequestInfoExample/a//b%20c;d=e?x=%C3%BC&y`, 200],
      [`${SERVLETS}/CookieExample`, 200],
      ["/examples/servlets/nonblocking/numberwriter", 200],
      ["/examples/CompressionTest", 200],
      ["/examples/jsp/jsp2/el/basic-arithmetic.jsp", 200],
      ["/examples/servletToJsp", 200],
      ["/not/there", 404],
      ["/examples/WEB-INF/web.xml", 404],
    ])("%s answers %i as without the sidecar", async (path, status) => {
      for (const method of ["GET", "HEAD"]) {
        expect((await both.same(protocol, { method, path })).status).toBe(status);
      }
    });

    test.each([
      "//",
      "//examples//index.html",
      "/examples/./servlets/../index.html",
      "/examples/%2e%2e/examples/",
      "/examples/%69ndex.html",
      "/examples/;x=1/index.html",
      "/examples;jsessionid=0/index.html",
      "/examples/a%2Fb",
      "/examples/a%5Cb",
      "/examples/a\\b",
      "/examples/[x]",
      '/examples/|{}^`<>"',
      "/examples/%00",
      "/examples/%zz",
      "/examples/../../x",
      "/examples/?",
      "/examples/?a=%zz&b=[1]",
    ])("the target %s means what it means to the core", async (path) => {
      await both.same(protocol, { path });
    });

    test("ranges, conditions and compression are the core's", async () => {
      const path = "/examples/index.html";
      const whole = await both.same(protocol, { path });
      const part = await both.same(protocol, { path, headers: { Range: "bytes=10-19" } });
      expect(part).toMatchObject({ status: 206, body: whole.body.subarray(10, 20) });
      const known = { "If-None-Match": whole.header("etag") ?? "" };
      expect((await both.same(protocol, { path, headers: known })).status).toBe(304);
      const small = await both.same(protocol, { path, headers: { "Accept-Encoding": "gzip" } });
      expect(small.header("content-encoding")).toBe("gzip");
      expect(gunzipSync(small.body)).toEqual(whole.body);
    });

    test.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "COPY"])(
      "%s gets what the core says",
      async (method) => {
        await both.same(protocol, { method, path: "/examples/index.html" });
        await both.same(protocol, { method, path: `${SERVLETS}/HelloWorldExample` });
      },
    );

    test("a form arrives with all its characters", async () => {
      const body = new URLSearchParams({ firstname: "Zoë & Co", lastname: "<ü>%+" }).toString();
      const path = `${SERVLETS}/RequestParamExample`;
      const reply = await both.same(protocol, { method: "POST", path, headers: FORM, body });
      expect(reply.status).toBe(200);
      expect(reply.body.toString()).toContain("&lt;ü&gt;%+");
    });

    test("an upload of 5 MB arrives whole, waiting for 100 or not", async () => {
      const ask = {
        method: "POST",
        path: "/examples/servlets/nonblocking/bytecounter",
        headers: { "Content-Type": "application/octet-stream" },
        body: randomBytes(5_000_000),
      };
      expect((await both.same(protocol, ask)).body.toString()).toContain("5000000");
      const patient = { ...ask, headers: { ...ask.headers, Expect: "100-continue" } };
      const reply = await both.same(protocol, patient);
      expect(reply.interim).toEqual([100]);
      expect(reply.body.toString()).toContain("5000000");
    });

    test("a session lasts by its cookie", async () => {
      const path = `${SERVLETS}/SessionExample`;
      const route = both.through[protocol];
      const first = await route.send({ path });
      const cookie = sessionOf(first.header("set-cookie"));
      expect(cookie).toBeDefined();
      const body = "dataname=colour&datavalue=green";
      const headers = { ...FORM, Cookie: `theme=dark; ${cookie}` };
      const posted = await route.send({ method: "POST", path, headers, body });
      expect(posted.body.toString()).toContain("colour = green");
      const again = await route.send({ path, headers: { Cookie: `${cookie}; theme=dark` } });
      expect(again.body.toString()).toContain("colour = green");
      expect((await route.send({ path })).body.toString()).not.toContain("colour = green");
    });

    test("a log-in with a form ends at the page that was asked for", async () => {
      const path = "/examples/jsp/security/protected/index.jsp";
      const route = both.through[protocol];
      const asked = await route.send({ path });
      let cookie = sessionOf(asked.header("set-cookie")) ?? "";
      expect(asked.body.toString()).toContain("j_security_check");
      const posted = await route.send({
        method: "POST",
        path: "/examples/jsp/security/protected/j_security_check",
        headers: { ...FORM, Cookie: cookie },
        body: new URLSearchParams({ j_username: LOGIN.user, j_password: LOGIN.password }).toString(),
      });
      expect(posted.status).toBe(303);
      expect(posted.header("location")).toBe(path);
      cookie = sessionOf(posted.header("set-cookie")) ?? cookie;
      const inside = await route.send({ path, headers: { Cookie: cookie } });
      expect(inside.body.toString()).toMatch(/remote user\s+<b>zoe<\/b>/);
    });

    test("trailers of an answer arrive", async () => {
      const reply = await both.same(protocol, {
        path: "/examples/servlets/trailers/response",
        headers: { TE: "trailers", Connection: "TE" },
      });
      expect(reply.trailers).toEqual({
        "x-trailer-1": "Trailer value one",
        "x-trailer-2": "Trailer value two",
      });
    });

    test("the core sees the client's Host and fields, and who the client is", async () => {
      const path = `${SERVLETS}/RequestHeaderExample`;
      const headers = { Accept: "application/json", "X-Own": "mine", "X-Forwarded-For": "6.6.6.6" };
      const reply = await both.through[protocol].send({ path, headers });
      const fields: Record<string, string>[] = JSON.parse(reply.body.toString());
      const seen = Object.fromEntries(
        fields.flatMap(Object.entries).map(([name, value]) => [name.toLowerCase(), value]),
      );
      expect(seen).toMatchObject({
        host: "app.example",
        "x-own": "mine",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "https",
      });
    });

    test("an upload that the core does not read is answered, and the next request too", async () => {
      const path = `${SERVLETS}/HelloWorldExample`;
      const ask = { method: "POST", path, body: randomBytes(1_000_000) };
      expect((await both.same(protocol, ask)).status).toBe(405);
      expect((await both.same(protocol, { path })).status).toBe(200);
    });
  });
});
