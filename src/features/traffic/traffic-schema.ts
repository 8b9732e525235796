import { z } from "zod";
import { FAILURES, METHODS, PROTOCOLS, STATUS_CLASSES } from "../../web/traffic/counters.ts";

/** The shape of what `/traffic` answers. */

const side = z.enum(["client", "sidecar", "core"]);
const reason = z.enum(FAILURES.map((failure) => failure.reason));
const count = z.int();
const ms = z.number();

const connection = z
  .object({ localAddress: z.string(), localPort: z.int(), remoteAddress: z.string(), remotePort: z.int() })
  .describe("Its ends. The app sees `localPort` as its peer's.");

/** The answer of `GET /traffic/{requestId}`. */
export const requestReport = z.object({
  id: z.string().describe("X-Request-Id, the client's own where it sent one."),
  method: z.string(),
  path: z.string().describe("Without the query, which is not kept. At most 336 characters."),
  isPathCut: z.boolean(),
  protocol: z.string().describe("The version of HTTP that the client spoke."),
  client: z.string().describe("The client's address."),
  status: z
    .int()
    .nullable()
    .describe("Of what was upgraded 101, or over HTTP/2 200; null where the client had gone before."),
  failure: z
    .object({ reason, side })
    .nullable()
    .describe("What went wrong where the app's answer did not come whole, and whose fault it was."),
  startTime: z.iso.datetime(),
  window: z
    .object({ startNs: z.number(), endNs: z.number() })
    .nullable()
    .describe("When it was with the app, by CLOCK_MONOTONIC; null where it never was."),
  durationMs: ms.describe("From the head of the request to the end of the app's answer."),
  firstByteMs: ms.nullable().describe("To the head of the answer; null where there was none."),
  waitedMs: z
    .object({ client: ms, sidecar: ms, core: ms })
    .describe("The same, by who was waited for; `sidecar`: until there was a connection to the app."),
  requestBytes: count.describe("Of the body; of an upgraded connection, all to the app."),
  responseBytes: count.describe("Of the body; of an upgraded connection, all from the app."),
  isUpgraded: z.boolean(),
  retries: count.describe("How often it was sent again, on another connection."),
  connection: connection.nullable().describe("The connection to the app; null where there was none."),
});

/** The answer of `GET /traffic`. */
export const trafficReport = z.object({
  totals: z
    .object({
      requests: z
        .array(
          z.object({
            method: z.enum(METHODS),
            status: z.enum(STATUS_CLASSES).describe("`none`: the client had gone before it was told any."),
            protocol: z.enum(PROTOCOLS),
            count,
          }),
        )
        .describe("Those that are over."),
      inFlight: count.describe("Requests and upgraded connections that are with the app now."),
      failures: z.array(z.object({ reason, side, count })),
      retries: count,
      upgrades: count,
      requestBytes: count,
      responseBytes: count,
      meanMs: ms.nullable().describe("Of whole requests, upgrades left out; null before the first."),
      meanResponseMs: ms.nullable().describe("What the app took to the head of its answer."),
    })
    .describe(
      "Since the start of the sidecar. A process of a cluster that fails takes its last seconds with it.",
    ),
  lastSecond: z
    .object({
      count,
      meanMs: ms.nullable(),
      p50Ms: ms.nullable(),
      p95Ms: ms.nullable(),
      p99Ms: ms.nullable(),
      waiting: count.describe("Requests whose answers have not begun now."),
    })
    .describe(
      "What the app took to the heads of its answers in the last whole second, or with several processes (`cluster`) in the one before; times are at most an eighth too long.",
    ),
  requests: z.array(requestReport).describe("The latest that are over, the newest first."),
});

/** The report. */
export type TrafficReport = z.infer<typeof trafficReport>;
