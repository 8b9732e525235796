import { randomUUID } from "node:crypto";
import { illegalArgument, JolokiaError } from "../jolokia/jolokia-error.ts";
import { endSubscription, type NotificationClient } from "./notification-client.ts";

/** Who is registered. One that says nothing for some time, and reads no stream, is forgotten. */
export interface ClientList extends AsyncDisposable {
  /** @throws {JolokiaError} where there are too many. */
  register(): NotificationClient;
  /** @throws {JolokiaError} where there is none of that identity. */
  require(id: string): NotificationClient;
  has(client: NotificationClient): boolean;
  /** Ends all that it hears, and its stream, which is told the reason. */
  forget(client: NotificationClient, reason: string): Promise<void>;
  forgetAll(reason: string): Promise<void>;
}

const MAX_CLIENTS = 32;
const MAX_QUEUED_CHARS = 1_048_576;

/** Makes an empty one. */
export function createClientList(silenceMs: number): ClientList {
  const clients = new Map<string, NotificationClient>();
  const forget: ClientList["forget"] = async (client, reason) => {
    clients.delete(client.id);
    client.channel?.end(reason);
    for (const subscription of client.subscriptions.values()) await endSubscription(subscription);
  };
  const forgetAll: ClientList["forgetAll"] = async (reason) => {
    for (const client of [...clients.values()]) await forget(client, reason);
  };
  const timer = setInterval(() => {
    const oldest = performance.now() - silenceMs;
    for (const client of clients.values()) {
      if (client.channel === undefined && client.seenMs < oldest) void forget(client, "silent");
    }
  }, silenceMs / 10).unref();
  return {
    register() {
      if (clients.size >= MAX_CLIENTS) throw tooMany(`${MAX_CLIENTS} clients`);
      const client: NotificationClient = {
        ...{ id: randomUUID(), subscriptions: new Map(), handles: 0, channel: undefined },
        ...{ room: { leftChars: MAX_QUEUED_CHARS }, seenMs: performance.now() },
      };
      clients.set(client.id, client);
      return client;
    },
    require(id) {
      const client = clients.get(id);
      if (client === undefined) throw illegalArgument(`No client ${id} registered`);
      client.seenMs = performance.now();
      return client;
    },
    has: (client) => clients.get(client.id) === client,
    forget,
    forgetAll,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await forgetAll("stopped");
    },
  };
}

/** There is a limit for all that a client can make. */
export function tooMany(what: string): JolokiaError {
  return new JolokiaError(429, "java.lang.IllegalStateException", `more than ${what} are not allowed`);
}
