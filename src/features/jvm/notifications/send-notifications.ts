import type { WebContext } from "../../../web/context.ts";
import { OutputStream, sseEvent } from "../../../web/output-stream.ts";
import type { NotificationChannel } from "./notification-client.ts";

const MAX_QUEUED_BYTES = 1_048_576;
/** As often as Jolokia itself says that it is there. */
const HEARTBEAT_MS = 10_000;

/** Answers with the stream of a client's notifications: an event `message` for each, and in the end one that says why. */
export function sendNotifications(ctx: WebContext, open: (channel: NotificationChannel) => () => void): void {
  const stream = new OutputStream({
    ...{ maxQueuedBytes: MAX_QUEUED_BYTES, heartbeat: ": \n\n", heartbeatMs: HEARTBEAT_MS },
  });
  const leave = open({
    offer: (data, id) => stream.offer(sseEvent("message", data, id)),
    end: (reason) => stream.finish(sseEvent("end", JSON.stringify({ reason, dropped: stream.dropped }))),
  });
  ctx.res.once("close", leave);
  ctx.type = "text/event-stream";
  ctx.body = stream;
  ctx.flushHeaders();
}
