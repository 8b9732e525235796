import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { connectRaw } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { startAlone } from "./alone.ts";

const get = (path: string, fields = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

/** Keeps every request waiting until the test answers it. */
async function startSlow() {
  const seen: string[] = [];
  const answers: ServerResponse[] = [];
  const alone = await startAlone({}, (request, answer) => {
    seen.push(`${request.method} ${request.url}`);
    answers.push(answer as ServerResponse);
    request.on("error", () => undefined);
    request.resume();
  });
  return {
    alone,
    seen,
    answer: (index: number) => poll(`request ${index}`, () => answers[index]),
    [Symbol.asyncDispose]: () => alone[Symbol.asyncDispose](),
  };
}

describe("requests that are sent ahead of the answers, and read by Node's parser,", () => {
  test("are handled one after the other: what is not safe must not be done side by side (RFC 9112 section 9.3.2)", async () => {
    await using slow = await startSlow();
    const post = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    using client = await connectRaw(slow.alone, `${get("/1")}${post}${get("/3")}`);
    for (let index = 0; index < 3; index += 1) {
      const answer = await slow.answer(index);
      expect(slow.seen).toHaveLength(index + 1);
      answer.end(`answer ${index}`);
      await client.wait((text) => text.endsWith(`answer ${index}`));
    }
    expect(slow.seen).toEqual(["GET /1", "POST /2", "GET /3"]);
  });

  test("have their interim answers before their own final ones (Node writes them anywhere)", async () => {
    await using slow = await startSlow();
    using client = await connectRaw(slow.alone, `${get("/1")}${get("/2")}`);
    (await slow.answer(0)).end("one");
    const second = await slow.answer(1);
    second.writeInformation(102);
    second.writeHead(200, { "Content-Length": "3" });
    second.end("two");
    expect(await client.wait((text) => text.endsWith("two"))).toMatch(
      /\r\n\r\noneHTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n(?:[\w-]+: .*\r\n)+\r\ntwo$/,
    );
  });

  test("are not looked at when an answer has closed the connection", async () => {
    await using slow = await startSlow();
    using client = await connectRaw(slow.alone, `${get("/1")}${get("/2")}`);
    const first = await slow.answer(0);
    first.setHeader("Connection", "close");
    first.end("one");
    expect(await client.closed()).toMatch(/one$/);
    expect(slow.seen).toEqual(["GET /1"]);
    expect(await slow.alone.lines(1)).toHaveLength(1);
  });

  test("are not handled for a client that has gone", async () => {
    await using slow = await startSlow();
    const client = await connectRaw(slow.alone, `${get("/1")}${get("/2")}`);
    const first = await slow.answer(0);
    const over = once(first, "close");
    client.socket.destroy();
    await over;
    using other = await connectRaw(slow.alone, get("/3"));
    (await slow.answer(1)).end("three");
    await other.wait((text) => text.endsWith("three"));
    expect(slow.seen).toEqual(["GET /1", "GET /3"]);
  });

  test("are refused beyond a hundred, each of them being held in memory", async () => {
    await using slow = await startSlow();
    using client = await connectRaw(slow.alone, get("/").repeat(200));
    for (let index = 0; index < 101; index += 1) (await slow.answer(index)).end(`${index};`);
    const seen = await client.closed();
    expect(seen).toMatch(/100;HTTP\/1\.1 429 [\s\S]*Sidecar-Error: limit-reached/);
    expect(slow.seen).toHaveLength(101);
  });

  test("are plain requests where they ask for an upgrade: the connection still has answers to carry", async () => {
    await using slow = await startSlow();
    const upgrade = get("/2", "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    using client = await connectRaw(slow.alone, `${get("/1")}${upgrade}`);
    (await slow.answer(0)).end("one");
    (await slow.answer(1)).end("two");
    await client.wait((text) => text.endsWith("two"));
  });
});
