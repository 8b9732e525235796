import { connect } from "node:http2";
import { describe, expect, test } from "vitest";
import { startTalks } from "../support/conversation.ts";
import { listenLocally, startFront } from "../support/front.ts";
import { askHttp2, byName } from "../support/http2-client.ts";
import { type FieldList, type Message, type Reads, readMessages } from "../support/messages.ts";
import { type Random, randomOf, seedOr } from "../support/random.ts";
import {
  type AnswerModel,
  cut,
  type RequestModel,
  randomAnswer,
  randomInterim,
  randomRequest,
  writeAnswer,
  writeRequest,
} from "../support/random-messages.ts";
import { type CoreAnswer, createScriptedCore, quiet } from "../support/scripted-core.ts";

/**
 * Random valid requests reach the core, and random valid answers the client, as over a direct connection: start line,
 * fields in their order, body and trailers. What must be other by the rules of HTTP is left out of the comparison here,
 * and has tests of its own: fields of the connection, Host as the first field, Date, and who the client is.
 */

const ROUNDS = 100;
const OF_CONNECTION = ["host", "connection", "keep-alive", "transfer-encoding", "date"];
const OURS = /^(x-forwarded-(for|proto|host|port)|x-real-ip|forwarded|via|x-request-id)$/;

/** A request and the answer to it, each as it is and on the wire. */
interface Round {
  readonly request: RequestModel;
  readonly sent: string;
  readonly answer: AnswerModel;
  readonly answered: string;
  readonly interim: string;
}

function randomRound(random: Random, adapt = (request: RequestModel) => request): Round {
  const request = adapt(randomRequest(random));
  const answer = randomAnswer(random, request.method);
  const interim = random.chance(0.2) ? randomInterim(random) : "";
  return {
    ...{ request, answer, interim },
    sent: writeRequest(random, request),
    answered: writeAnswer(random, answer),
  };
}

function coreAnswer(random: Random, { answer, interim, answered }: Round): CoreAnswer {
  return {
    pieces: cut(random, interim + answered, 3),
    after: answer.framing === "close" ? "end" : "stay",
    at: "end",
  };
}

/** What the core gets over a direct connection. */
function directRequest({ request, sent }: Round) {
  const { body = "", trailers } = request;
  return substance({ ...headOf(sent, "request"), body, trailers });
}

/** What the client gets over a direct connection. */
function directAnswer({ answer, answered }: Round) {
  const { body, trailers } = answer;
  return substance({ ...headOf(answered, "answer to HEAD"), body, trailers });
}

function headOf(text: string, reads: Reads): Message {
  const { messages } = readMessages(text.slice(0, text.indexOf("\r\n\r\n") + 4), () => reads);
  if (messages[0] === undefined) throw new Error(`no head: ${text}`);
  return messages[0];
}

function endToEnd(fields: FieldList): FieldList {
  return fields.filter(([name]) => {
    const lowerName = name.toLowerCase();
    return !OF_CONNECTION.includes(lowerName) && !OURS.test(lowerName);
  });
}

/** What must be the same at both ends. */
function substance({ start, fields, body, trailers }: Message) {
  const host = fields.find(([name]) => name.toLowerCase() === "host");
  return { start, host, fields: endToEnd(fields), body, trailers };
}

describe("through a front, requests and answers are what they are without it", { timeout: 60_000 }, () => {
  test.each([
    ["on the lean way", true],
    ["on Node's way", false],
  ])("%s", async (_way, lean) => {
    const random = randomOf(seedOr(51));
    await using talks = await startTalks({ lean });
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = randomRound(random);
      const { byCore, byClient, oddForCore, oddForClient } = await talks.talk({
        client: cut(random, made.sent, random.pick([0, 3])),
        methods: [made.request.method],
        answers: [coreAnswer(random, made)],
      });
      expect([oddForCore, oddForClient]).toEqual([[], ""]);
      expect(byCore.map(substance)).toEqual([directRequest(made)]);
      const final = byClient.at(-1);
      expect(final?.isComplete).toBe(true);
      expect(final && substance(final)).toEqual(directAnswer(made));
      expect(byClient.length).toBe(made.interim === "" ? 1 : 2);
    }
  });

  test("over HTTP/2, which knows names in lower case only, and no reason phrases", async () => {
    const random = randomOf(seedOr(52));
    const activity = { count: 0 };
    const core = createScriptedCore(activity);
    const port = await listenLocally(core.server);
    await using front = await startFront(port);
    const session = connect(`https://127.0.0.1:${front.port}`, { ca: front.ca });
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = randomRound(random, sayable);
      // HTTP/2 has no status beyond 599, and a 205 has no body (RFC 9110 sections 15 and 15.3.6).
      if (made.answer.status > 599 || made.answer.status === 205) continue;
      core.begin([coreAnswer(random, made)]);
      const seen = await askHttp2(session, made.request);
      expect(core.seen().odd).toEqual([]);
      const [request] = core.seen().requests.map(substance);
      expect(request && withoutLength(overHttp2(request))).toEqual(
        withoutLength(overHttp2(directRequest(made))),
      );
      const expected = overHttp2(directAnswer(made));
      expect(seen).toEqual({
        ...{ status: made.answer.status, isComplete: true, interim: made.interim === "" ? 0 : 1 },
        ...{ fields: expected.fields, body: expected.body, trailers: expected.trailers },
      });
      core.end();
      await quiet(activity);
    }
    session.destroy();
    core.server.close();
  });
});

/**
 * What Node's client is willing to say over HTTP/2, nothing twice that should be said once; less what is lost on the way
 * to HTTP/1.1: a cookie without a crumb, trailers without a body.
 */
function sayable(request: RequestModel): RequestModel {
  const fields = request.fields.map(([name, value]): FieldList[number] => [
    name === "If-None-Match" ? "X-Odd" : name,
    name === "Cookie" && value === "" ? "a=1" : value,
  ]);
  return { ...request, fields, trailers: request.body === "" ? [] : request.trailers };
}

/** The same with what HTTP/2 changes: crumbs of a cookie are joined behind the other fields (RFC 9113 section 8.2.3). */
function overHttp2({ start, fields, body, trailers }: ReturnType<typeof substance>) {
  const lower = fields.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const crumbs = lower.filter(([name]) => name === "cookie").map(([, value]) => value);
  return {
    ...{ start, body },
    fields: [
      ...lower.filter(([name]) => name !== "cookie"),
      ...(crumbs.length === 0 ? [] : [["cookie", crumbs.join("; ")]]),
    ] as string[][],
    trailers: byName(trailers.map(([name, value]) => [name.toLowerCase(), value])),
  };
}

/** The client has told the length in a place of its own. */
function withoutLength<T extends { fields: string[][] }>(message: T): T {
  return { ...message, fields: message.fields.filter(([name]) => name !== "content-length") };
}
