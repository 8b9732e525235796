import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../../src/base/errors.ts";
import { createLog } from "../../src/web/log.ts";
import { PROBLEM_TYPE, problemOf, problemPage, toAppError, wantsPage } from "../../src/web/problem.ts";
import { featureOf } from "../support/feature-of.ts";
import { bearer, send } from "../support/send.ts";
import { OPERATOR_TOKEN, type ServedFeatures, serveFeatures } from "../support/serve-features.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const NASTY = `<script>alert("1" + '&')</script>`;

const lines: string[] = [];
const opened: Readable[] = [];
let served: ServedFeatures;
beforeAll(async () => {
  const probe = featureOf((table) => {
    const throwing = (path: string, make: () => Error) =>
      table.add("GET", path, { summary: "", role: "open", responses: {} }, ({ ctx }) => {
        ctx.set({ ETag: '"1"', "Content-Disposition": "attachment", "Content-Encoding": "gzip" });
        throw make();
      });
    throwing("/known", () => {
      const errors = [{ pointer: "/a/0", detail: "is wrong", line: 3, column: 5 }];
      return new AppError("content-invalid", "It can't be.", {
        remedy: "Do this.",
        errors,
        extra: { limit: 5, code: "not this", status: 200 },
        headers: { "X-More": "yes" },
      });
    });
    throwing("/unknown", () => new Error("the database password is hunter2"));
    throwing("/full", () => Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" }));
    throwing("/busy", () => new AppError("limit-reached", "Two at once."));
    throwing(
      "/busy-for-long",
      () => new AppError("limit-reached", "Two at once.", { headers: { "Retry-After": "60" } }),
    );
    table.add("GET", "/stream", { summary: "", role: "open", responses: {} }, ({ ctx }) => {
      const body = new Readable({ read() {} });
      opened.push(body);
      ctx.body = body;
      throw new AppError("conflict", "Too late.");
    });
    table.add("GET", "/viewers", { summary: "", role: "viewer", responses: {} }, ({ ctx }) => {
      ctx.body = "yes";
    });
  });
  const log = createLog({ level: "info", access: false }, { write: (line) => void lines.push(line) });
  served = await serveFeatures([probe], { log });
});
afterAll(() => served[Symbol.asyncDispose]());

describe("a problem document", () => {
  test("has the members of RFC 9457 and ours, which the extra ones can't change", async () => {
    const answer = await send(`${served.url}/known`, { headers: { "X-Request-Id": "my-id-1" } });

    expect(answer.status).toBe(422);
    expect(answer.headers["content-type"]?.split(";")[0]).toBe(PROBLEM_TYPE);
    expect(answer.headers["x-request-id"]).toBe("my-id-1");
    expect(answer.headers["x-more"]).toBe("yes");
    expect(answer.json()).toEqual({
      type: "urn:tickbird:problem:content-invalid",
      title: "The content is not valid",
      status: 422,
      detail: "It can't be.",
      instance: "/_sidecar/known",
      code: "content-invalid",
      requestId: "my-id-1",
      remedy: "Do this.",
      errors: [{ pointer: "/a/0", detail: "is wrong", line: 3, column: 5 }],
      limit: 5,
    });
  });

  test("does not carry what the route had said of the answer that never came", async () => {
    const { headers } = await send(`${served.url}/known`);

    expect(headers).not.toHaveProperty("etag");
    expect(headers).not.toHaveProperty("content-disposition");
    expect(headers).not.toHaveProperty("content-encoding");
    expect(headers).toMatchObject({ "cache-control": "no-store", vary: "Accept" });
  });

  test("hides an error nobody foresaw, and the log has it under the same request id", async () => {
    lines.length = 0;
    const answer = await send(`${served.url}/unknown`);

    const { requestId } = answer.json<{ requestId: string }>();
    expect(answer.json()).toMatchObject({ status: 500, code: "internal" });
    expect(answer.text).not.toContain("hunter2");
    const [line = ""] = lines;
    expect(JSON.parse(line)).toMatchObject({ requestId, err: { stack: expect.stringContaining("hunter2") } });
  });

  test("an id that could break a log line is replaced", async () => {
    const answer = await send(`${served.url}/known`, { headers: { "X-Request-Id": 'a"b {}' } });

    expect(answer.headers["x-request-id"]).toMatch(/^[\da-f]{32}$/);
  });

  test("a full disk is said to be one", async () => {
    expect((await send(`${served.url}/full`)).json()).toMatchObject({ status: 507, code: "storage-full" });
  });

  test("a 429 says when to come again, and a route may say better", async () => {
    expect((await send(`${served.url}/busy`)).headers["retry-after"]).toBe("5");
    expect((await send(`${served.url}/busy-for-long`)).headers["retry-after"]).toBe("60");
  });

  test("a stream that was begun is destroyed, not left behind", async () => {
    const answer = await send(`${served.url}/stream`);

    expect(answer.status).toBe(409);
    expect(opened.map((stream) => stream.destroyed)).toEqual([true]);
  });

  test.each([
    ["GET", "/nothing", 404, "not-found"],
    ["GET", "/known/", 404, "not-found"],
    ["GET", "/KNOWN", 404, "not-found"],
    ["GET", "/%E0%A4%A", 404, "not-found"],
    ["POST", "/known", 405, "method-not-allowed"],
    ["PROPFIND", "/known", 405, "method-not-allowed"],
    ["GET", "/known?x=1", 400, "invalid-parameter"],
  ])("%s %s is answered %i", async (method, path, status, code) => {
    const answer = await send(served.url + path, { method });

    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ status, code });
    if (status === 405) expect(answer.headers["allow"]).toBe("HEAD, GET");
  });
});

describe("a problem page", () => {
  test("comes to a browser, with a policy that runs nothing", async () => {
    const answer = await send(`${served.url}/known`, { headers: { Accept: BROWSER } });

    expect(answer.status).toBe(422);
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(answer.headers["content-security-policy"]).not.toContain("script-src");
    expect(answer.text).toContain("Do this.");
    expect(answer.text).toContain("422 · content-invalid · request ");
  });

  test("escapes everything it did not write itself", () => {
    const error = new AppError("bad-request", NASTY, { remedy: NASTY });
    const page = problemPage(problemOf(error, { id: NASTY, path: NASTY }));

    expect(page.body).not.toContain("<script>");
    expect(page.body.match(/&lt;script&gt;alert\(&quot;1&quot; \+ &#39;&amp;&#39;\)/g)).toHaveLength(3);
  });

  test("escapes the path of a request that matches nothing", async () => {
    const headers = { Accept: BROWSER, "X-Request-Id": NASTY };
    const answer = await send(`${served.url}/${encodeURI(NASTY)}`, { headers });

    expect(answer.status).toBe(404);
    expect(answer.text).not.toMatch(/<script|alert\(/);
  });
});

describe("who would rather see a page", () => {
  test.each([
    [BROWSER, true],
    ["TEXT/HTML", true],
    ["application/json;q=0.5, text/html", true],
    ["application/json, text/html;q=0.9", false],
    ["text/html;q=0, */*", false],
    ["text/htmlx", false],
    ["*/*", false],
    ["", false],
    [undefined, false],
  ])("Accept: %s: %s", (accept, isPage) => {
    expect(wantsPage(accept)).toBe(isPage);
  });
});

test("what was thrown and is no error at all is a hidden 500 too", () => {
  expect(toAppError("a string")).toMatchObject({ code: "internal", status: 500 });
});

test("HEAD gets the head of what GET gets, and a role is asked of it too", async () => {
  const refused = await send(`${served.url}/viewers`, { method: "HEAD" });
  const answered = await send(`${served.url}/viewers`, { method: "HEAD", headers: bearer(OPERATOR_TOKEN) });

  expect([refused.status, answered.status]).toEqual([401, 200]);
  expect(answered.text).toBe("");
});

test("OPTIONS tells the methods of a path", async () => {
  const answer = await send(`${served.url}/viewers`, { method: "OPTIONS" });

  expect(answer.headers["allow"]).toBe("HEAD, GET");
});
