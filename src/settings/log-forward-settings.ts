import { z } from "zod";
import { milliseconds, path } from "./rules.ts";

/** The protocols, with what their URLs look like. */
const DESTINATIONS = {
  syslog: { url: /^(tcp|tls):\/\/[^/?#@]+:\d+$/, example: "tls://logs.example.com:6514" },
  loki: { url: /^https?:\/\/[^/?#@]+\/[^?#@]+$/, example: "https://loki.example.com/loki/api/v1/push" },
  otlp: { url: /^https?:\/\/[^/?#@]+\/[^?#@]+$/, example: "https://otel.example.com:4318/v1/logs" },
} as const;
const MAX_LABELS = 16;
const LABEL = /^[A-Za-z_][A-Za-z0-9_]{0,31}$/;
const LOOPBACK = /^http:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/)/;

const forwardEntry = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
    .optional(),
  to: z.enum(["syslog", "loki", "otlp"]),
  url: z.string().max(2_048),
  files: z.array(z.string().min(1)).min(1).max(256).optional(),
  from: z.enum(["end", "start"]).default("end"),
  labels: z.record(z.string(), z.string().max(256)).default({}),
  appName: z
    .string()
    .regex(/^[!-~]{1,48}$/, "must be of at most 48 signs of ASCII, without blanks")
    .optional(),
  hostname: z
    .string()
    .regex(/^[!-~]{1,255}$/, "must be of at most 255 signs of ASCII, without blanks")
    .optional(),
  zone: z
    .string()
    .regex(/^(?:Z|[+-]\d\d:?\d\d)$/, "must be Z or an offset such as +01:00")
    .default("Z"),
  facility: z.int().min(0).max(23).default(1),
  confirm: z.enum(["close", "written"]).default("close"),
  tenant: z
    .string()
    .regex(/^[!-~]{1,150}$/)
    .optional(),
  structuredMetadata: z.boolean().default(false),
  caFile: path.optional(),
  certFile: path.optional(),
  keyFile: path.optional(),
  verify: z.boolean().default(true),
  tokenFile: path.optional(),
  user: z.string().min(1).max(256).optional(),
  passwordFile: path.optional(),
  batchLines: z.int().min(1).max(10_000).default(1_000),
  batchBytes: z.int().min(1_024).max(16_777_216).default(1_048_576),
  batchMs: milliseconds(1_000, { min: 10, max: 60_000 }),
  timeoutMs: milliseconds(10_000, { min: 100, max: 300_000 }),
  maxRetryMs: milliseconds(60_000, { min: 100, max: 3_600_000 }),
});

type Entry = z.output<typeof forwardEntry>;

/** One destination of the app's logs. */
export const forward = forwardEntry.superRefine((entry, context) => {
  for (const [key, message] of problemsOf(entry)) {
    context.addIssue({ code: "custom", path: [key], message });
  }
});

function* problemsOf(entry: Entry): Generator<[key: keyof Entry, message: string]> {
  const { to, url } = entry;
  const { url: pattern, example } = DESTINATIONS[to];
  if (/^[a-z]+:\/\/[^/]*@/i.test(url)) {
    yield ["url", "must hold no user and no password: give them as `user` and `passwordFile`"];
  } else if (!pattern.test(url) || !URL.canParse(url)) {
    yield ["url", `must be an address for ${to}, such as ${example}`];
  }
  const labels = Object.keys(entry.labels);
  if (labels.length > MAX_LABELS) yield ["labels", `must be at most ${MAX_LABELS}`];
  if (!labels.every((label) => LABEL.test(label)))
    yield ["labels", "must have names of at most 32 letters, digits and _"];
  yield* problemsOfTls(entry);
  yield* problemsOfCredentials(entry);
  yield* foreignKeys(entry);
}

function* problemsOfTls(entry: Entry): Generator<[key: keyof Entry, message: string]> {
  const { url, caFile, certFile, keyFile, verify } = entry;
  if (certFile !== undefined && keyFile === undefined) yield ["keyFile", "is needed where certFile is set"];
  if (keyFile !== undefined && certFile === undefined) yield ["certFile", "is needed where keyFile is set"];
  if (!verify && caFile !== undefined)
    yield ["verify", "can't be false beside caFile: with a caFile the receiver is verified by it"];
  if (/^(https|tls):/.test(url)) return;
  for (const key of ["caFile", "certFile"] as const) {
    if (entry[key] !== undefined) yield [key, "needs TLS: a url that begins with https:// or tls://"];
  }
}

function* problemsOfCredentials(entry: Entry): Generator<[key: keyof Entry, message: string]> {
  const { to, url, tokenFile, user, passwordFile } = entry;
  if (user !== undefined && passwordFile === undefined) yield ["passwordFile", "is needed where user is set"];
  if (passwordFile !== undefined && user === undefined) yield ["user", "is needed where passwordFile is set"];
  if (tokenFile !== undefined && user !== undefined) yield ["tokenFile", "can't be set beside user"];
  const given =
    tokenFile !== undefined ? "tokenFile" : passwordFile !== undefined ? "passwordFile" : undefined;
  if (given === undefined) return;
  if (to === "syslog") {
    yield [given, "means nothing to syslog: give a client certificate with certFile and keyFile"];
  } else if (url.startsWith("http:") && !LOOPBACK.test(url)) {
    yield [given, "would be sent unencrypted: use a url that begins with https://"];
  }
}

/** What only one of the protocols has. */
const ONLY = {
  facility: { to: "syslog", unset: 1 },
  confirm: { to: "syslog", unset: "close" },
  tenant: { to: "loki", unset: undefined },
  structuredMetadata: { to: "loki", unset: false },
} as const;

function* foreignKeys(entry: Entry): Generator<[key: keyof Entry, message: string]> {
  for (const key of ["facility", "confirm", "tenant", "structuredMetadata"] as const) {
    const { to, unset } = ONLY[key];
    if (entry.to !== to && entry[key] !== unset) yield [key, `is for ${to} only`];
  }
}
