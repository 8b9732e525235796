import { z } from "zod";

/** What `GET /logs` tells of each log and destination. */
export const forwarderReport = z
  .object({
    destination: z.string().describe("The `name` that the settings give it, else `to`."),
    to: z.enum(["syslog", "loki", "otlp"]),
    name: z.string().describe("The log."),
    state: z.enum(["sending", "failing"]),
    cursor: z
      .string()
      .nullable()
      .describe("Up to where it is taken: `GET /logs/{name}?cursor=` goes on there."),
    lagBytes: z
      .int()
      .nullable()
      .describe("What of the file is not taken yet; null where the position is in a file before it."),
    lagSeconds: z.number().describe("How long the oldest line waits that was read and is not taken yet."),
    lines: z.int().describe("Taken since the sidecar started."),
    setAside: z.int().describe("Lines that the destination refused for what is in them."),
    losses: z.int().describe("How often a rotation took lines away before they could be read."),
    failures: z.int().describe("Attempts that did not succeed."),
    lastSentAt: z.iso.datetime().nullable(),
    problem: z
      .object({ detail: z.string(), remedy: z.string().optional() })
      .optional()
      .describe("What keeps it back."),
  })
  .meta({ id: "LogForwarder" });

/** What `GET /logs` tells of each log and destination. */
export type ForwarderReport = z.infer<typeof forwarderReport>;
