import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Conversation, type Seen, startTalks, type Talks } from "../support/conversation.ts";
import type { FieldList, Message } from "../support/messages.ts";
import { type Random, randomOf, seedOr } from "../support/random.ts";
import {
  cut,
  mutated,
  oddRequest,
  type RequestModel,
  randomAnswer,
  randomInterim,
  randomRequest,
  writeAnswer,
  writeRequest,
} from "../support/random-messages.ts";

/**
 * The same bytes are sent down both ways that a request over HTTP/1.1 can take. What the core, the client and the
 * reader of the access log see must be the same.
 */

const LANES = 6;

/** Fronts side by side, so that one waits while another works. */
const lanes: { lean: Talks; node: Talks }[] = [];

beforeAll(async () => {
  for (let lane = 0; lane < LANES; lane += 1) {
    const [lean, node] = await Promise.all([startTalks({ lean: true }), startTalks({ lean: false })]);
    lanes.push({ lean, node });
  }
});

afterAll(async () => {
  for (const { lean, node } of lanes) {
    await lean[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  }
});

/** Has all conversations on both ways; gives those that differed. */
async function differences(conversations: readonly Conversation[]) {
  const found: string[] = [];
  let leanAnswers = 0;
  const waiting = [...conversations];
  const work = async ({ lean, node }: (typeof lanes)[number]) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [onLean, onNode] = await Promise.all([lean.talk(next), node.talk(next)]);
      leanAnswers += onLean.byClient.filter(isLean).length;
      const differs = difference(comparable(onLean), comparable(onNode));
      if (differs !== "") found.push(`${JSON.stringify(next)}\n${differs}`);
    }
  };
  await Promise.all(lanes.map(work));
  // Else there was nothing to compare.
  expect(leanAnswers).toBeGreaterThan(conversations.length / 5);
  return found;
}

/** Node's server says how long it keeps the connection; our own writer does not. */
function isLean({ fields }: Message): boolean {
  return (
    fields.some(([name, value]) => name === "Connection" && value === "keep-alive") &&
    fields.every(([name]) => name !== "Keep-Alive")
  );
}

/** What is not the same of two; empty where all is. */
function difference(onLean: Record<string, unknown>, onNode: Record<string, unknown>): string {
  return Object.keys(onLean)
    .filter((key) => JSON.stringify(onLean[key]) !== JSON.stringify(onNode[key]))
    .map((key) => `${key}:\n  lean ${JSON.stringify(onLean[key])}\n  node ${JSON.stringify(onNode[key])}\n`)
    .join("");
}

const ID = /\b[\da-f]{32}\b/g;
/** Of one connection, and written as each way likes. */
const OF_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding", "date"]);
/** The refusals of what is not HTTP. */
const REFUSED = new Set(["bad-request", "method-unknown", "version-not-supported"]);

/**
 * What was seen, less what may differ: random ids, times, the place of our own Date, blanks around values (RFC 9110
 * section 5.5), the cuts between chunks; and how a refusal names what is not HTTP: Node's parser tells us the packet it
 * came in, which may begin with another request.
 */
function comparable(seen: Seen) {
  return {
    byCore: seen.byCore.map((message) => ({ ...message, fields: masked(message.fields) })),
    oddForCore: seen.oddForCore,
    byClient: seen.byClient.map((message) => (isRefusal(message) ? "refused" : comparableAnswer(message))),
    oddForClient: seen.byClient.some(isRefusal) ? "" : seen.oddForClient.replace(ID, "id"),
    isClosed: seen.isClosed,
    log: seen.log.map(comparableLine),
  };
}

function isRefusal({ fields }: Message): boolean {
  return fields.some(([name, value]) => name === "Sidecar-Error" && REFUSED.has(value));
}

function comparableAnswer(message: Message) {
  return {
    ...message,
    // What the reason of an interim answer says is nobody's concern (RFC 9112 section 4).
    start: message.start.replace(/^(HTTP\/1\.1 1\d\d) .*/, "$1"),
    fields: masked(message.fields.filter(([name]) => !OF_CONNECTION.has(name.toLowerCase()))),
    dates: message.fields.filter(([name]) => name.toLowerCase() === "date").length,
    closes: closes(message),
    body: message.body.replace(ID, "id"),
  };
}

function comparableLine({ time: _, durationMs: __, coreMs, ...line }: Record<string, unknown>) {
  if (REFUSED.has(String(line["failure"]))) return "refused";
  return {
    ...line,
    hasCoreMs: coreMs !== undefined,
    requestId: String(line["requestId"]).replace(ID, "id"),
  };
}

function masked(fields: FieldList) {
  return fields.map(([name, value]) => `${name}: ${value.replace(ID, "id")}`);
}

function closes({ fields }: Message): boolean {
  return fields.some(([name, value]) => name.toLowerCase() === "connection" && /close/i.test(value));
}

/** Some requests, and an answer to each. */
function randomConversation(random: Random): Conversation {
  const requests: RequestModel[] = [];
  const texts: string[] = [];
  for (let count = 1 + random.int(3); count > 0; count -= 1) {
    const before = requests.at(-1);
    const isLikeBefore = before !== undefined && random.chance(0.3);
    const request = isLikeBefore ? { ...before, target: `/${texts.length}` } : randomRequest(random);
    requests.push(request);
    // Byte by byte the same behind the target.
    texts.push(
      isLikeBefore
        ? (texts.at(-1)?.replace(before.target, () => request.target) ?? "")
        : writeRequest(random, request),
    );
  }
  const client = texts.flatMap((text, index) => {
    const pieces = random.chance(0.3) ? cut(random, text, 3) : [text];
    // Else the next one is sent ahead of the answer.
    const waits = index < requests.length - 1 && random.chance(0.7);
    return waits ? [...pieces, { wait: true as const }] : pieces;
  });
  const answers = requests.map(({ method }) => {
    const answer = randomAnswer(random, method);
    const interim = random.chance(0.15) ? randomInterim(random) : "";
    return {
      pieces: cut(random, interim + writeAnswer(random, answer), 3),
      after: answer.framing === "close" ? ("end" as const) : ("stay" as const),
      at: random.chance(0.1) ? ("head" as const) : ("end" as const),
    };
  });
  return { client, methods: requests.map(({ method }) => method), answers };
}

/** The same with one thing wrong in what the client sends. */
function withSpoiltRequest(random: Random): Conversation {
  const conversation = randomConversation(random);
  const at = random.int(conversation.client.length);
  const client = conversation.client.map((step, index) =>
    typeof step === "string" && index === at ? mutated(random, step) : step,
  );
  return { ...conversation, client };
}

/** The same with one thing wrong in what the core answers, or with its connection lost. */
function withSpoiltAnswer(random: Random): Conversation {
  const { client: steps, ...conversation } = randomConversation(random);
  // Whether the core is known to have gone when the next request comes would be a matter of luck.
  const client = steps.flatMap((step) => [step, { wait: true as const }]);
  const at = random.int(conversation.answers.length);
  const answers = conversation.answers.map((answer, index) => {
    if (index !== at) return answer;
    const whole = answer.pieces.join("");
    const text = random.chance(0.6) ? mutated(random, whole) : whole.slice(0, random.int(whole.length));
    return { ...answer, pieces: cut(random, text, 2), after: random.pick(["stay", "end", "reset"] as const) };
  });
  return { ...conversation, client, answers };
}

/** Requests with odd things in them, with one that is plain before or behind. */
function withOddRequests(random: Random): Conversation {
  const plain = "GET /plain HTTP/1.1\r\nHost: app\r\n\r\n";
  const texts = random.pick([
    [oddRequest(random)],
    [plain, oddRequest(random)],
    [oddRequest(random), plain],
    [oddRequest(random), oddRequest(random), plain],
  ]);
  const methods = texts.map((text) => /^\s*(\w*)/.exec(text)?.[1] ?? "");
  // A request of which nothing but the body is wrong has its 404 already where it is looked at before the body.
  const isTogether = random.chance(0.5) && !texts.join("").includes("sidecar");
  const client = isTogether ? [texts.join("")] : texts.flatMap((text) => [text, { wait: true as const }]);
  const answers = texts.map((_, index) => {
    const isInterim = random.chance(0.3);
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${methods[index] === "HEAD" ? "" : index}`;
    return {
      pieces: isInterim ? ["HTTP/1.1 100 Continue\r\n\r\n", answer] : [answer],
      after: !isTogether && random.chance(0.1) ? ("end" as const) : ("stay" as const),
      at: random.chance(0.2) ? ("head" as const) : ("end" as const),
    };
  });
  return { client, methods, answers };
}

describe("both ways of HTTP/1.1 are one:", { timeout: 60_000 }, () => {
  test.each([
    ["valid requests and answers, cut anywhere", randomConversation, 120],
    ["requests that are odd, or not right", withOddRequests, 250],
    ["requests with something wrong", withSpoiltRequest, 120],
    ["answers with something wrong", withSpoiltAnswer, 150],
  ])("%s", async (_what, make, count) => {
    const random = randomOf(seedOr(1));
    const found = await differences(Array.from({ length: count }, () => make(random)));
    expect(
      found
        .join("\n")
        .replace(/([xy])\1{20,}/g, "$1…")
        .slice(0, 4_000),
    ).toBe("");
  });
});
