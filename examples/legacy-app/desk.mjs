import { setTimeout as delay } from "node:timers/promises";
import { page } from "./html.mjs";
import * as pages from "./pages.mjs";
import { countBytes, readText, sendDownload, sendEvents } from "./streams.mjs";

const MAX_FORM_BYTES = 65_536;
const MAX_ENTRIES = 100;

/**
 * Answers the requests of the parcel desk.
 * `desk` is what the pages show: `config` (replaced when it is read again), `entries`, `startedAt`, and `closing`,
 * the signal that ends what would flow for ever.
 */
export async function answerRequest(desk, request, answer) {
  const url = URL.parse(request.url, "http://desk");
  const route = url === null ? undefined : ROUTES[url.pathname];
  if (route === undefined || !(route.when?.(desk.config) ?? true)) return sendText(answer, 404, "Not found");
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handle = route[method];
  if (handle === undefined) {
    answer.setHeader(
      "Allow",
      Object.keys(route)
        .filter((name) => name !== "when")
        .join(", "),
    );
    return sendText(answer, 405, "Method not allowed");
  }
  return handle({ desk, request, answer, query: url.searchParams });
}

const ROUTES = {
  "/": { GET: show(pages.home) },
  "/about": { GET: show(pages.about) },
  "/guestbook": { when: (config) => config.guestbook, GET: show(pages.guestbook), POST: signGuestbook },
  "/clock": { when: (config) => config.clock, GET: show(pages.clock) },
  "/events": { GET: ({ desk, answer }) => sendEvents(answer, desk.closing) },
  "/download": { when: (config) => config.downloads, GET: download },
  "/upload": { GET: show(pages.upload), POST: takeUpload },
  "/slow": { GET: beSlow },
  "/headers": { GET: showHeaders },
};

function show(content) {
  return ({ desk, request, answer }) => {
    const origin = originOf(request);
    const html = page({ config: desk.config, origin, ...content({ ...desk, origin }) });
    send(answer, 200, "text/html; charset=utf-8", html);
  };
}

async function signGuestbook({ desk, request, answer }) {
  const text = await readText(request, MAX_FORM_BYTES);
  if (text === undefined) return sendText(answer, 413, `At most ${MAX_FORM_BYTES} bytes, please`);
  const form = new URLSearchParams(text);
  const name = (form.get("name") ?? "").trim() || "A customer";
  const message = (form.get("text") ?? "").trim();
  if (message === "") return sendText(answer, 400, "An empty entry");
  desk.entries.unshift({ name, text: message, at: new Date() });
  desk.entries.length = Math.min(desk.entries.length, MAX_ENTRIES);
  answer.setHeader("Location", `${originOf(request)}/guestbook`);
  return sendText(answer, 303, "Thank you");
}

async function download({ request, answer, query }) {
  const megabytes = numberIn(query, "mb", { fallback: 100, min: 1, max: 10_240 });
  if (megabytes === undefined) return sendText(answer, 400, "mb is a whole number from 1 to 10240");
  return sendDownload(answer, megabytes, { headOnly: request.method === "HEAD" });
}

async function takeUpload({ request, answer }) {
  sendText(answer, 200, `${await countBytes(request)} bytes`);
}

async function beSlow({ desk, answer, query }) {
  const ms = numberIn(query, "ms", { fallback: 2_000, min: 0, max: 600_000 });
  if (ms === undefined) return sendText(answer, 400, "ms is a whole number from 0 to 600000");
  await delay(ms, undefined, { signal: desk.closing });
  return sendText(answer, 200, `This took ${ms} ms`);
}

function showHeaders({ request, answer }) {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
  }
  sendText(answer, 200, lines.join("\n"));
}

/** What absolute links begin with: the Host asked for, and the scheme that a load balancer says was used. */
function originOf(request) {
  const scheme = request.headers["x-forwarded-proto"] === "https" ? "https" : "http";
  return `${scheme}://${request.headers.host ?? "localhost"}`;
}

function numberIn(query, name, { fallback, min, max }) {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function sendText(answer, status, text) {
  send(answer, status, "text/plain; charset=utf-8", `${text}\n`);
}

function send(answer, status, type, body) {
  answer.statusCode = status;
  answer.setHeader("Content-Type", type);
  answer.setHeader("Content-Length", Buffer.byteLength(body));
  answer.end(body);
}
