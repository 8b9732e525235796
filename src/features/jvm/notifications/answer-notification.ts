import type { JmxClient } from "../jmx/jmx-client.ts";
import type { Json } from "../jmx/json.ts";
import { canonicalName, parseObjectName } from "../jmx/object-name.ts";
import { illegalArgument } from "../jolokia/jolokia-error.ts";
import type { ExecRequest, NotificationRequest } from "../jolokia/jolokia-request.ts";
import { MAX_QUEUED, type NotificationClients } from "./notification-clients.ts";

/** Answers what clients ask for that hear notifications (protocol 7.3). */

/** The MBean whose operation gives what waits: no JVM has it, but clients look for it under this name. */
const STORE = "jolokia:type=NotificationStore";
/** What clients are told of the ways on which notifications reach them. */
const BACKEND = {
  pull: { store: STORE, maxEntries: MAX_QUEUED },
  sse: { "backChannel.contentType": "text/event-stream", "backChannel.encoding": "UTF-8" },
};

/** Does what is asked, beside `open`; gives what the answer has as its value. */
export async function answerNotification(
  clients: NotificationClients,
  { asked }: NotificationRequest,
  asking: JmxClient,
): Promise<Json> {
  switch (asked.command) {
    case "register":
      return { backend: BACKEND, id: clients.register() };
    case "unregister":
      await clients.unregister(asked.client);
      return null;
    case "add":
      return await clients.add(asked.client, asked.wish, asking);
    case "remove":
      await clients.remove(asked.client, asked.handle);
      return null;
    case "ping":
      clients.ping(asked.client);
      return null;
    case "list":
      return clients.list(asked.client);
    case "open":
      throw illegalArgument("a stream can't be opened among other requests");
  }
}

/** Tells whether a request asks for what waits. */
export function isPull({ mbean, operation }: ExecRequest): boolean {
  return canonicalName(parseObjectName(mbean)) === STORE && /^pull(?:\(.*\))?$/.test(operation);
}

/** Gives what waits for a client. */
export function answerPull(clients: NotificationClients, { args }: ExecRequest): Json {
  const [client, handle] = args;
  if (typeof client === "string" && typeof handle === "string") return clients.pull(client, handle);
  throw illegalArgument("pull takes the client and the handle");
}
