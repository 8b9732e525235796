import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type Pair, PROTOCOLS, pair } from "./compare.ts";
import { startEdge } from "./edge.ts";
import { type Nginx, startNginx } from "./nginx.ts";

const LARGE = randomBytes(10 * 1_048_576);
const PAGE = `<!doctype html><title>page</title>${"<p>one paragraph of a page</p>\n".repeat(2_000)}`;

const DIRECTIVES = `
  location /gzip/ { alias html/; gzip on; gzip_proxied any; gzip_types text/plain; gzip_min_length 1; }
  location /chunked/ { alias html/; sub_filter paragraph line; sub_filter_once off; }
  location /moved { return 301 /target?x=1; }
  location /relative { absolute_redirect off; return 302 /target; }
  location /elsewhere { return 302 https://elsewhere.example/x?y#z; }
  location /other { return 303 /target; }
  location /kept { return 307 /target; }
  location /for-good { return 308 /target; }
  location /none { return 204; }
  location /teapot { return 418 "short and stout"; }
  location /fields {
    add_header Set-Cookie "a=1; Path=/; HttpOnly" always;
    add_header Set-Cookie "b=2; Path=/; Secure" always;
    add_header X-OdD-Case "Yes, and: more" always;
    add_header X-Empty "" always;
    add_header Cache-Control "private, no-transform" always;
    return 200 "fields";
  }
  location /form { return 200 "$request_method $content_type $content_length"; }
  location /echo { return 200 "$request_method $request_uri $http_host $http_x_forwarded_proto"; }
  location /seen { return 200 "$request_uri|$uri|$args"; }
  location /dav/ { alias dav/; dav_methods PUT DELETE MKCOL COPY MOVE; client_max_body_size 20m; }
  location /limited/ { alias dav/; dav_methods PUT; client_max_body_size 1m; }
  error_page 404 /not-found.html;
`;

describeWith(["nginx"], "nginx behind the sidecar", () => {
  let core: Nginx;
  let edge: Awaited<ReturnType<typeof startEdge>>;
  let both: Pair;

  beforeAll(async () => {
    core = await startNginx({
      directives: DIRECTIVES,
      files: {
        "small.txt": "a small file\n",
        "empty.txt": "",
        "page.html": PAGE,
        "large.bin": LARGE,
        "not-found.html": "<h1>not here</h1>",
        "folder/index.html": "the folder",
        "a b/ü.txt": "umlaut",
      },
    });
    edge = await startEdge(core.port);
    both = pair(core.port, edge);
  });
  afterAll(async () => {
    both?.[Symbol.dispose]();
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  describe.each(PROTOCOLS)("over %s", (protocol) => {
    const tagOf = async (path: string) => {
      const { header } = await both.direct.send({ method: "HEAD", path });
      return { etag: header("etag") ?? "", modified: header("last-modified") ?? "" };
    };

    test("files arrive byte by byte, with their fields", async () => {
      expect((await both.same(protocol, { path: "/small.txt" })).body.toString()).toBe("a small file\n");
      expect((await both.same(protocol, { path: "/empty.txt" })).header("content-length")).toBe("0");
      expect((await both.same(protocol, { path: "/large.bin" })).body.equals(LARGE)).toBe(true);
    });

    test("eight large files at a time arrive byte by byte", async () => {
      const route = both.through[protocol];
      const replies = await Promise.all(Array.from({ length: 8 }, () => route.send({ path: "/large.bin" })));
      expect(replies.map(({ status, body }) => status === 200 && body.equals(LARGE))).toEqual(
        Array(8).fill(true),
      );
    });

    test.each([
      ["bytes=1000-1999", 206],
      ["bytes=-5", 206],
      ["bytes=10485759-", 206],
      ["bytes=99999999-", 416],
    ])("the range %s gets %i", async (range, status) => {
      const reply = await both.same(protocol, { path: "/large.bin", headers: { Range: range } });
      expect(reply.status).toBe(status);
      if (status === 206) expect(reply.header("content-range")).toMatch(/^bytes \d+-\d+\/10485760$/);
    });

    test("several ranges get parts", async () => {
      const ask = { path: "/large.bin", headers: { Range: "bytes=0-9,100-109" } };
      const reply = await both.through[protocol].send(ask);
      expect(reply.status).toBe(206);
      expect(reply.header("content-type")).toMatch(/^multipart\/byteranges; boundary=/);
      expect(reply.body.includes(LARGE.subarray(100, 110))).toBe(true);
    });

    test("a compressed answer of unknown length arrives as it is", async () => {
      const reply = await both.same(protocol, {
        path: "/gzip/page.html",
        headers: { "Accept-Encoding": "gzip" },
      });
      expect(reply.header("content-encoding")).toBe("gzip");
      expect(reply.header("content-length")).toBeUndefined();
      expect(gunzipSync(reply.body).toString()).toBe(PAGE);
    });

    test("a chunked answer arrives whole", async () => {
      const reply = await both.same(protocol, { path: "/chunked/page.html" });
      expect(reply.body.toString()).toBe(PAGE.replaceAll("paragraph", "line"));
    });

    test("HEAD gets the fields of GET and no body", async () => {
      const reply = await both.same(protocol, { method: "HEAD", path: "/large.bin" });
      expect(reply.header("content-length")).toBe("10485760");
      expect(reply.body).toHaveLength(0);
      await both.same(protocol, { method: "HEAD", path: "/not/there" });
      await both.same(protocol, {
        method: "HEAD",
        path: "/gzip/page.html",
        headers: { "Accept-Encoding": "gzip" },
      });
    });

    test("conditions are decided by the core", async () => {
      const { etag, modified } = await tagOf("/small.txt");
      const ask = async (headers: Record<string, string>) =>
        (await both.same(protocol, { path: "/small.txt", headers })).status;
      expect(await ask({ "If-None-Match": etag })).toBe(304);
      expect(await ask({ "If-None-Match": '"another"' })).toBe(200);
      expect(await ask({ "If-Modified-Since": modified })).toBe(304);
      expect(await ask({ "If-Match": '"another"' })).toBe(412);
      expect(await ask({ Range: "bytes=0-1", "If-Range": etag })).toBe(206);
    });

    test.each([
      ["/moved", 301, `http://app.example:<port>/target?x=1`],
      ["/folder", 301, `http://app.example:<port>/folder/`],
      ["/relative", 302, "/target"],
      ["/elsewhere", 302, "https://elsewhere.example/x?y#z"],
      ["/other", 303, `http://app.example:<port>/target`],
      ["/kept", 307, `http://app.example:<port>/target`],
      ["/for-good", 308, `http://app.example:<port>/target`],
    ])("the redirect of %s keeps its %i and its Location", async (path, status, location) => {
      const reply = await both.same(protocol, { path });
      expect(reply.status).toBe(status);
      expect(reply.header("location")).toBe(location.replace("<port>", String(core.port)));
    });

    test("answers of other kinds keep status, fields and their order", async () => {
      expect((await both.same(protocol, { path: "/not/there" })).body.toString()).toBe("<h1>not here</h1>");
      expect((await both.same(protocol, { path: "/none" })).status).toBe(204);
      expect((await both.same(protocol, { path: "/teapot" })).status).toBe(418);
      const fields = await both.same(protocol, { path: "/fields" });
      const cookies = fields.headers.filter(([name]) => name.toLowerCase() === "set-cookie");
      expect(cookies.map(([, value]) => value)).toEqual(["a=1; Path=/; HttpOnly", "b=2; Path=/; Secure"]);
    });

    test.each(["POST", "PUT", "PATCH", "DELETE", "TRACE"])(
      "%s of a file is refused by the core",
      async (method) => {
        const reply = await both.same(protocol, { method, path: "/small.txt" });
        expect(reply.status).toBe(405);
        expect(reply.header("server")).toMatch(/nginx/);
      },
    );

    test.each([
      "/seen",
      "/seen?",
      "/seen?a=b?c&d=%20+&e",
      "/seen//a///b",
      "/seen/./a/../b",
      "/%73een",
      "/seen/%2e%2e/seen/x",
      "/seen/a%2Fb",
      "/seen/%41%c3%a9",
      "/seen/a;b=c",
      "/seen/'\"<>|^`{}",
      "/seen/a\\b",
      "/seen/%25%3f",
      "//seen//",
      "//small.txt",
      "/small%2etxt",
      "/folder/../small.txt",
      "/a%20b/%C3%BC.txt",
      "/%zz",
      "/%00",
      "/../small.txt",
      "/seen/../../x",
    ])("the target %s means what it means to the core", async (path) => {
      const before = (await core.accessLog()).length;
      await both.same(protocol, { path });
      // nginx writes the line when the answer has gone out.
      const lines = await poll("two more lines in the access log", async () => {
        const fresh = (await core.accessLog()).slice(before);
        return fresh.length >= 2 && fresh;
      });
      const targets = lines.map((line) => line.split(" ")[1]);
      expect(targets).toEqual([targets[0], targets[0]]);
    });

    test("a form is answered", async () => {
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const ask = { method: "POST", path: "/form", headers, body: "name=Zo%C3%AB&x=" };
      expect((await both.same(protocol, ask)).body.toString()).toBe(
        "POST application/x-www-form-urlencoded 16",
      );
    });

    test("the core sees the method, the target and the client's Host, and that it was HTTPS", async () => {
      const reply = await both.through[protocol].send({ path: "/echo?x" });
      expect(reply.body.toString()).toBe("GET /echo?x app.example https");
    });

    test("an upload is stored byte by byte, is copied, and goes", async () => {
      const route = both.through[protocol];
      const body = LARGE.subarray(0, 5 * 1_048_576);
      const path = `/dav/${protocol.replace("/", "-")}.bin`;
      expect((await route.send({ method: "PUT", path, body })).status).toBe(201);
      expect((await both.same(protocol, { path })).body.equals(body)).toBe(true);
      const copied = await route.send({
        method: "COPY",
        path,
        headers: { Destination: `${path}.copy` },
      });
      expect(copied.status).toBe(204);
      expect((await both.same(protocol, { path: `${path}.copy` })).body.equals(body)).toBe(true);
      for (const one of [path, `${path}.copy`]) {
        expect((await route.send({ method: "DELETE", path: one })).status).toBe(204);
        expect((await both.same(protocol, { path: one })).status).toBe(404);
      }
    });

    test("an upload that waits for 100 gets it from the core", async () => {
      const path = `/dav/expected-${protocol.replace("/", "-")}.bin`;
      const ask = { method: "PUT", path, headers: { Expect: "100-continue" }, body: LARGE };
      const reply = await both.through[protocol].send(ask);
      expect(reply).toMatchObject({ status: 201, interim: [100] });
      expect((await both.same(protocol, { path })).body.equals(LARGE)).toBe(true);
    });

    test("an upload that the core finds too large is refused with its 413, asked for or not", async () => {
      const ask = { method: "PUT", path: "/limited/x.bin", body: LARGE };
      const refused = await both.same(protocol, { ...ask, headers: { Expect: "100-continue" } });
      expect(refused).toMatchObject({ status: 413, interim: [] });
      expect((await both.same(protocol, ask)).status).toBe(413);
      // The client's connection is as good as before.
      expect((await both.same(protocol, { path: "/small.txt" })).status).toBe(200);
    });

    test("what the core finds malformed is refused with its own 400 and 414", async () => {
      const large = await both.same(protocol, {
        path: "/small.txt",
        headers: { "X-Large": "x".repeat(40_000) },
      });
      expect(large.status).toBe(400);
      expect(large.body.toString()).toContain("Request Header Or Cookie Too Large");
      expect((await both.same(protocol, { path: `/${"x".repeat(20_000)}` })).status).toBe(414);
    });
  });
});
