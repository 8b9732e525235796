import { z } from "zod";
import { forward } from "./log-forward-settings.ts";
import { milliseconds } from "./rules.ts";

const path = z
  .string()
  .regex(/^(core:)?\//, "must be an absolute path, or core:/path in the app's own root")
  .regex(/^[^*?]*\/[^/]*$/, "may have * and ? in the name of the file only, not in that of a folder");

const logFile = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
      .optional(),
    path,
  })
  .refine(
    (file) => file.name === undefined || !/[*?]/.test(file.path),
    "a pattern is of many files: it has no name",
  );

/** The settings of the feature `logs`. */
export const logs = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "The app's log files." }),
  files: z
    .array(z.union([path.transform((file) => logFile.parse({ path: file })), logFile]))
    .default([])
    .meta({
      description:
        "The files: paths, or objects with `path` and `name` (else the file's). `core:/var/log/app.log` is a path in the app's own root, of which nothing has to be mounted. `/var/log/app/*.log` is all that match, also those that come later. `GET /logs` offers those that the app has open.",
    }),
  maxLineBytes: z
    .int()
    .min(1_024)
    .max(16_777_216)
    .default(1_048_576)
    .meta({ description: "Longer lines are cut, and say so." }),
  maxBytes: z
    .int()
    .min(1_024)
    .max(1_073_741_824)
    .default(67_108_864)
    .meta({ description: "The most that one answer gives." }),
  maxLagBytes: z.int().min(65_536).max(1_073_741_824).default(16_777_216).meta({
    description:
      "How much of a log that is followed may wait for a client that is slow; beyond, it gets a `dropped` record, and goes on at the end. Not as text: that has no records, and every line comes.",
  }),
  followMs: milliseconds(3_600_000).meta({
    description: "How long one request may follow a log; it can be taken up again at its cursor.",
  }),
  maxReaders: z
    .int()
    .min(1)
    .max(1_000)
    .default(32)
    .meta({ description: "How many requests may read logs at once." }),
  forward: z.array(forward).max(16).default([]).meta({
    description:
      "Where the logs are sent, YAML or JSON: `to` (`syslog`, `loki`, `otlp`) and `url`; the chapter on forwarding logs has the rest.",
  }),
});
