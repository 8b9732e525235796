import { connect } from "node:http2";
import { describe, expect, test } from "vitest";
import { startTalks } from "../support/conversation.ts";
import { listenLocally, startFront } from "../support/front.ts";
import { askHttp2, byName } from "../support/http2-client.ts";
import type { Message } from "../support/messages.ts";
import { type Random, randomOf, seedOr } from "../support/random.ts";
import {
  mutated,
  oddAnswer,
  type RequestModel,
  randomAnswer,
  writeAnswer,
} from "../support/random-messages.ts";
import { createScriptedCore, quiet } from "../support/scripted-core.ts";

/** Whatever the core answers, a client of HTTP/2 gets what one of HTTP/1.1 gets, or a failure; and nothing else fails. */

const GET: RequestModel = {
  ...{ method: "GET", target: "/", body: undefined, trailers: [] },
  fields: [
    ["Host", "app"],
    ["X-Request-Id", "one"],
  ],
};

async function startHttp2() {
  const activity = { count: 0 };
  const core = createScriptedCore(activity);
  const port = await listenLocally(core.server);
  const front = await startFront(port);
  const session = connect(`https://127.0.0.1:${front.port}`, { ca: front.ca });
  return {
    async ask(answer: string) {
      core.begin([{ pieces: [answer], after: "end", at: "end" }]);
      const seen = await askHttp2(session, GET);
      core.end();
      await quiet(activity);
      return seen;
    },
    async [Symbol.asyncDispose]() {
      session.destroy();
      await front[Symbol.asyncDispose]();
      core.end();
      core.server.close();
    },
  };
}

describe("an answer that is odd", () => {
  test("has a status beyond 599 (RFC 9110 section 15): it is passed on", async () => {
    await using http2 = await startHttp2();
    const seen = await http2.ask("HTTP/1.1 799 X\r\nContent-Length: 2\r\n\r\nok");
    expect(seen).toMatchObject({ status: 799, isComplete: true, body: "ok" });
  });

  test("says once more what should be said once: it is passed on", async () => {
    await using http2 = await startHttp2();
    const lines =
      "X-Content-Type-Options: nosniff\r\nETag: a\r\nX-Content-Type-Options: nosniff\r\nETag: b\r\n";
    const { fields } = await http2.ask(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`);
    expect(fields.map((field) => field.join(": "))).toEqual([
      ...["x-content-type-options: nosniff", "etag: a", "x-content-type-options: nosniff", "etag: b"],
      "content-length: 2",
    ]);
  });

  test("has fields of a connection: they stay behind", async () => {
    await using http2 = await startHttp2();
    const lines = "HTTP2-Settings: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\nTE: gzip\r\nKeep-Alive: 5\r\n";
    const seen = await http2.ask(
      `HTTP/1.1 200 OK\r\n${lines}Proxy-Connection: x\r\nContent-Length: 2\r\n\r\nok`,
    );
    expect(seen).toMatchObject({ status: 200, body: "ok", fields: [["content-length", "2"]] });
  });

  test("is a 205 with a body, which it must not have (RFC 9110 section 15.3.6): the body is dropped", async () => {
    await using http2 = await startHttp2();
    const seen = await http2.ask("HTTP/1.1 205 X\r\nContent-Length: 2\r\nX: y\r\n\r\nok");
    expect(seen).toMatchObject({ status: 205, isComplete: true, body: "", fields: [["x", "y"]] });
  });
});

test("answers with something wrong come as over HTTP/1.1, or as a 502", { timeout: 60_000 }, async () => {
  const random = randomOf(seedOr(61));
  await using http1 = await startTalks({ lean: true });
  await using http2 = await startHttp2();
  for (let round = 0; round < 200; round += 1) {
    const answer = randomText(random);
    // It is another over HTTP/2: see above.
    if (/HTTP\/1\.\d 205/.test(answer)) continue;
    const [one, other] = await Promise.all([
      http1.talk({
        client: ["GET / HTTP/1.1\r\nHost: app\r\nX-Request-Id: one\r\n\r\n"],
        methods: ["GET"],
        answers: [{ pieces: [answer], after: "end", at: "end" }],
      }),
      http2.ask(answer),
    ]);
    const final = one.byClient.find(({ start }) => !start.startsWith("HTTP/1.1 1"));
    const { status, fields, body, trailers, isComplete } = other;
    const said = JSON.stringify(answer);
    if (isComplete)
      expect({ status, fields: fields.map(String), body, trailers }, said).toEqual(asHttp2(final));
    // Broken off: how much came before may differ.
    else expect(final?.isComplete ?? false, said).toBe(false);
  }
});

function randomText(random: Random): string {
  let text = random.chance(0.5) ? oddAnswer(random) : writeAnswer(random, randomAnswer(random, "GET"));
  for (let times = random.int(3); times > 0; times -= 1) text = mutated(random, text);
  return random.chance(0.1) ? text.slice(0, random.int(text.length)) : text;
}

const OF_CONNECTION = /^(connection|keep-alive|transfer-encoding|date)$/i;

function asHttp2(message: Message | undefined) {
  return (
    message?.isComplete && {
      status: Number(message.start.slice(9, 12)),
      fields: message.fields
        .filter(([name]) => !OF_CONNECTION.test(name))
        .map(([name, value]) => `${name.toLowerCase()},${value}`),
      body: message.body,
      trailers: byName(message.trailers.map(([name, value]) => [name.toLowerCase(), value])),
    }
  );
}
