import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bodyType, readBody } from "../../src/web/body.ts";
import { featureOf } from "../support/feature-of.ts";
import { passes } from "../support/passes.ts";
import { poll } from "../support/poll.ts";
import { send } from "../support/send.ts";
import { type ServedFeatures, serveFeatures } from "../support/serve-features.ts";

const MAX_BYTES = 1_000;
const failures: unknown[] = [];
let served: ServedFeatures;
beforeAll(async () => {
  served = await serveReader();
});
afterAll(() => served[Symbol.asyncDispose]());

/** Serves what reads bodies. */
function serveReader(env: Readonly<Record<string, string>> = {}): Promise<ServedFeatures> {
  const reader = featureOf((table) => {
    table.add("POST", "/read", { summary: "", role: "open", responses: {} }, async ({ ctx }) => {
      try {
        const body = await readBody(ctx, MAX_BYTES);
        ctx.body = { bytes: body.length };
      } catch (error) {
        failures.push(error);
        throw error;
      }
    });
    table.add("POST", "/typed", { summary: "", role: "open", responses: {} }, ({ ctx }) => {
      ctx.body = bodyType(ctx, ["application/json", "text/plain"]);
    });
  });
  return serveFeatures([reader], { env });
}

describe("a body", () => {
  test.each([0, 1, MAX_BYTES])("of %i bytes is read whole", async (bytes) => {
    const answer = await send(`${served.url}/read`, { method: "POST", body: "x".repeat(bytes) });

    expect(answer.json()).toEqual({ bytes });
  });

  test("larger than the limit is refused with 413 and the limit", async () => {
    const answer = await send(`${served.url}/read`, { method: "POST", body: "x".repeat(MAX_BYTES + 1) });

    expect(answer.status).toBe(413);
    expect(answer.json()).toMatchObject({ code: "body-too-large", maxBytes: MAX_BYTES });
  });

  test("is refused by the length it announces, before it has come", async () => {
    const sending = request(`${served.url}/read`, {
      method: "POST",
      headers: { "Content-Length": "9999999" },
    });
    sending.flushHeaders();
    const [answer] = await once(sending, "response");
    sending.on("error", () => {}).destroy();

    expect(answer.statusCode).toBe(413);
  });

  test("is not held to the limit that is for the app's", async () => {
    await using other = await serveReader({ SIDECAR_LIMITS_MAX_BODY_BYTES: "10" });
    const answer = await send(`${other.url}/read`, { method: "POST", body: "x".repeat(MAX_BYTES) });

    expect(answer.json()).toEqual({ bytes: MAX_BYTES });
  });

  test("in chunks that grow beyond the limit is refused, and the connection stays good", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers: number[] = [];
    const localPorts = new Set<number | undefined>();
    for (const bytes of [100 * MAX_BYTES, 10]) {
      const sending = request(`${served.url}/read`, {
        method: "POST",
        agent,
        headers: { "Transfer-Encoding": "chunked" },
      });
      for (let sent = 0; sent < bytes; sent += 10) sending.write("x".repeat(10));
      sending.end();
      const [answer] = await once(sending, "response");
      localPorts.add(sending.socket?.localPort);
      answers.push(answer.statusCode);
      answer.resume();
      await once(answer, "end");
    }
    agent.destroy();

    expect(answers).toEqual([413, 200]);
    expect(localPorts.size).toBe(1);
  });

  test("whose client goes away half-way ends the read, and harms nothing", async () => {
    failures.length = 0;
    const { hostname, port, pathname } = new URL(`${served.url}/read`);
    const socket = connect(Number(port), hostname);
    socket.write(`POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf`);
    await once(socket, "connect");
    socket.resetAndDestroy();

    await poll("the read ends", () => failures.length > 0);
    expect(failures).toEqual([expect.objectContaining({ code: "bad-request" })]);
    expect((await send(`${served.url}/read`, { method: "POST", body: "after" })).status).toBe(200);
  });

  test.each([
    ["stands still", [], /stood still/, "SIDECAR_LIMITS_BODY_IDLE_MS (now 300)"],
    [
      "comes too slowly",
      ["a", "b", "c", "d", "e", "f"],
      /too slowly/,
      "SIDECAR_LIMITS_BODY_MIN_BYTES_PER_SECOND (now 240)",
    ],
  ])("that %s is refused with 408, and the connection is closed", async (_how, more, detail, remedy) => {
    await using patient = await serveReader({ SIDECAR_LIMITS_BODY_IDLE_MS: "300" });
    const { hostname, port, pathname } = new URL(`${patient.url}/read`);
    const socket = connect(Number(port), hostname);
    socket.setEncoding("utf8");
    let said = "";
    socket.on("data", (text: string) => {
      said += text;
    });
    socket.write(`POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf`);
    const closed = once(socket, "close");
    socket.on("error", () => undefined);
    for (const piece of more) {
      await passes(150);
      socket.write(piece);
    }
    await closed;

    const [head = "", body = ""] = said.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 408 /);
    expect(head).toMatch(/\r\nConnection: close\r\n/i);
    expect(JSON.parse(body)).toMatchObject({
      code: "request-timeout",
      detail: expect.stringMatching(detail),
      remedy,
    });
  });

  test("that was refused and whose client then resets the connection harms nothing", async () => {
    failures.length = 0;
    const { hostname, port, pathname } = new URL(`${served.url}/read`);
    const socket = connect(Number(port), hostname);
    socket.write(`POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
    socket.write(`7d0\r\n${"x".repeat(2_000)}\r\n`);
    await once(socket, "data");
    socket.resetAndDestroy();

    expect(failures).toEqual([expect.objectContaining({ code: "body-too-large" })]);
    expect((await send(`${served.url}/read`, { method: "POST", body: "after" })).status).toBe(200);
  });
});

describe("the type of a body", () => {
  test.each([
    ["application/json", "application/json"],
    ["Application/JSON; charset=utf-8", "application/json"],
    ["text/plain;charset=utf-8", "text/plain"],
  ])("%s is understood", async (type, understood) => {
    const answer = await send(`${served.url}/typed`, { method: "POST", headers: { "Content-Type": type } });

    expect(answer.text).toBe(understood);
  });

  test.each([undefined, "application/xml", "application/jsonp", "json"])(
    "%s is refused with 415 and what is accepted",
    async (type) => {
      const headers = type === undefined ? {} : { "Content-Type": type };
      const answer = await send(`${served.url}/typed`, { method: "POST", headers });

      expect(answer.status).toBe(415);
      expect(answer.headers["accept"]).toBe("application/json, text/plain");
      expect(answer.json()).toMatchObject({
        code: "unsupported-media-type",
        remedy: "Content-Type: application/json or text/plain",
      });
    },
  );
});
