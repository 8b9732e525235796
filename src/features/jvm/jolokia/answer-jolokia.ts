import { isJsonArray, isJsonObject, type Json, parseJson } from "../jmx/json.ts";
import { answerNotification, answerPull, isPull } from "../notifications/answer-notification.ts";
import type { NotificationChannel } from "../notifications/notification-client.ts";
import type { NotificationClients } from "../notifications/notification-clients.ts";
import { answerExec, answerWrite } from "./answer-change.ts";
import { answerList } from "./answer-list.ts";
import { answerRead } from "./answer-read.ts";
import { exceptionDetails } from "./exception-details.ts";
import { illegalArgument, JolokiaError, jolokiaErrorOf } from "./jolokia-error.ts";
import type { JolokiaSource } from "./jolokia-json.ts";
import type { JolokiaRequest } from "./jolokia-request.ts";
import { limitJson } from "./limit-json.ts";
import type { ListMemory } from "./list-memory.ts";
import { requestOfJson } from "./request-of-json.ts";
import { requestOfPath } from "./request-of-path.ts";
import { shownName } from "./shown-name.ts";

/**
 * The protocol of Jolokia (7.3: read, write, exec, search, list, version, notification; bulk), answered by a JVM's JMX.
 * HTTP's own status is 200 always; that of each answer is within it.
 */
export interface Jolokia {
  /**
   * Answers a GET.
   * @param path what follows Jolokia's own path.
   */
  answerPath(path: string, query: ReadonlyMap<string, string>): Promise<JolokiaAnswer>;
  /**
   * Answers a POST: one request, or a list of them, in their order.
   * @param query the options that hold where a request has none of its own.
   */
  answerBody(body: string, query?: ReadonlyMap<string, string>): Promise<JolokiaAnswer>;
}

/** JSON, or a stream of notifications, which begins when it is opened. */
export type JolokiaAnswer =
  | { readonly kind: "json"; readonly json: Json }
  | {
      readonly kind: "events";
      /** @throws {JolokiaError} where nobody is known who could read them. */
      open(channel: NotificationChannel): () => void;
    };

/** What Jolokia is given. */
export interface JolokiaParts extends JolokiaSource {
  /** Of the sidecar. */
  readonly version: string;
  readonly notifications: NotificationClients;
  readonly memory: ListMemory;
  /** Why a request is not allowed; undefined where it is. */
  denial(request: JolokiaRequest): string | undefined;
  /** Is told what a request failed with. */
  failed?(error: unknown): void;
}

const PROTOCOL = "7.3";
const MAX_BULK = 1_000;

/** Makes it. */
export function createJolokia(parts: JolokiaParts): Jolokia {
  return {
    answerPath: (path, query) => answerOrStream(parts, () => requestOfPath(path, query)),
    async answerBody(body, query = new Map()) {
      let json: Json;
      try {
        json = parseJson(body);
      } catch (error) {
        return ofJson(failure(illegalArgument(`Invalid JSON request ${String(error)}`)));
      }
      if (!isJsonArray(json)) return await answerOrStream(parts, () => requestOfJson(json, query));
      if (json.length > MAX_BULK)
        return ofJson(failure(illegalArgument(`more than ${MAX_BULK} requests at once`)));
      const answers: Json[] = [];
      for (const one of json) answers.push(await answer(parts, () => requestOfJson(one, query)));
      return ofJson(answers);
    },
  };
}

function ofJson(json: Json): JolokiaAnswer {
  return { kind: "json", json };
}

/** A request that comes alone may open a stream. */
async function answerOrStream(parts: JolokiaParts, parse: () => JolokiaRequest): Promise<JolokiaAnswer> {
  const { notifications } = parts;
  let client: string | undefined;
  const json = await answer(parts, () => {
    const request = parse();
    if (request.type !== "notification" || request.asked.command !== "open") return request;
    client = request.asked.client;
    // It is asked for by one who is there.
    return { ...request, asked: { command: "ping", client } };
  });
  const id = client;
  if (id === undefined || !isJsonObject(json) || json["status"] !== 200) return ofJson(json);
  return { kind: "events", open: (channel) => notifications.open(id, channel) };
}

async function answer(parts: JolokiaParts, parse: () => JolokiaRequest): Promise<Json> {
  let request: JolokiaRequest | undefined;
  try {
    request = parse();
    const isUnchanged = await isListUnchanged(parts, request);
    const value = isUnchanged ? {} : { value: await resultOf(parts, request) };
    const timestamp = Math.floor(Date.now() / 1_000);
    return { ...echoOf(request), ...value, timestamp, status: isUnchanged ? 304 : 200 };
  } catch (error) {
    parts.failed?.(error);
    return failure(jolokiaErrorOf(error), request);
  }
}

/** Of what lists MBeans the names are seen each time: only so it is known when they have changed. */
async function isListUnchanged({ client, memory }: JolokiaParts, request: JolokiaRequest): Promise<boolean> {
  if (request.type !== "list" && request.type !== "search") return false;
  return memory.isUnchangedSince(await client.names(null), request.options.ifModifiedSince);
}

function failure(failed: JolokiaError, request?: JolokiaRequest): Json {
  const { status, errorType, message } = failed;
  const error = message === "" ? errorType : `${errorType} : ${message}`;
  const own = { error_type: errorType, error, status };
  if (request === undefined) return own;
  return { ...echoOf(request), ...own, ...exceptionDetails(failed, request.options) };
}

function echoOf({ echo, options }: JolokiaRequest): Record<string, Json> {
  return options.includeRequest ? { request: echo } : {};
}

async function resultOf(parts: JolokiaParts, request: JolokiaRequest): Promise<Json> {
  const { client, version, denial, notifications } = parts;
  if (request.type === "exec" && isPull(request)) return answerPull(notifications, request);
  const denied = denial(request);
  if (denied !== undefined) throw new JolokiaError(403, "java.lang.SecurityException", denied);
  switch (request.type) {
    case "version":
      return { agent: version, protocol: PROTOCOL, config: {}, info: { product: "Tickbird", version } };
    case "read":
      return limitJson(await answerRead(parts, request), request.options);
    case "write":
      return limitJson(await answerWrite(parts, request), request.options);
    case "exec":
      return limitJson(await answerExec(parts, request), request.options);
    case "list":
      return limitJson(await answerList(client, request), request.options);
    case "notification":
      return await answerNotification(notifications, request, client);
    case "search":
      return (await client.names(request.mbean))
        .slice(0, request.options.maxCollectionSize)
        .map((name) => shownName(name, request.options));
  }
}
