import { z } from "zod";
import { config } from "./config-settings.ts";
import {
  dashboard,
  health,
  metrics,
  processes,
  resources,
  runtime,
  strace,
  traces,
  traffic,
} from "./feature-settings.ts";
import { jvm } from "./jvm-settings.ts";
import { limits } from "./limits-settings.ts";
import { logs } from "./log-settings.ts";
import { cidr, milliseconds, path, port } from "./rules.ts";

/**
 * Every setting of Tickbird: the one place where a name, a rule, a default and a description are written.
 * The environment names, the JSON schema, the reference table and the checks all come out of this schema.
 */

const core = z.strictObject({
  url: z
    .url({
      protocol: /^http$/,
      error: "must be the http:// address of the app, such as http://127.0.0.1:8000",
    })
    .refine((url) => new URL(url).pathname === "/" && !/[?#@]/.test(url), {
      error: "must be an address without a path, a query or a user, such as http://127.0.0.1:8000",
    })
    .meta({ description: "Where the app listens. Required." }),
  process: z
    .union([z.int().min(1), z.string().regex(/^(auto|[\w.+-]{1,64})$/)])
    .default("auto")
    .meta({
      description:
        "The app's main process: a pid, the name of its executable, or `auto` (the process that listens on the port of `core.url`, else pid 1).",
    }),
  connectTimeoutMs: milliseconds(3_000).meta({ description: "How long a connection to the app may take." }),
  responseTimeoutMs: milliseconds(60_000).meta({
    description: "How long the app may take from the end of the request to the head of its answer.",
  }),
  idleTimeoutMs: milliseconds(300_000).meta({
    description:
      "How long a request or an answer may stand still on the app's side before it is cut. WebSockets and streams of events (`text/event-stream`) are not.",
  }),
  maxConnections: z.int().min(1).max(100_000).default(256).meta({
    description:
      "The most connections to the app at once, of all processes together (`cluster`). Further requests wait; after a second, clients that are hopelessly slow, or hold up more than a quarter of the connections, are cut to make room.",
  }),
  maxQueue: z.int().min(0).max(1_000_000).default(1_024).meta({
    description:
      "The most requests that wait for a connection to the app, in all processes together (`cluster`). Beyond, 503.",
  }),
  queueTimeoutMs: milliseconds(30_000).meta({
    description: "How long a request may wait for a connection to the app before it is answered 503.",
  }),
  maxUpgrades: z.int().min(0).max(1_000_000).default(10_000).meta({
    description:
      "The most WebSockets and other upgraded connections to the app at once, of all processes together (`cluster`), beside `core.maxConnections`. Beyond, 503.",
  }),
  keepAliveMs: milliseconds(60_000, { min: 0 }).meta({
    description:
      "How long an idle connection to the app is kept for the next request. Best a little shorter than the app's own limit. 0 keeps none.",
  }),
  probeIntervalMs: milliseconds(1_000, { min: 50 }).meta({
    description:
      "How often an app that can't be reached is tried again. Until it can be, requests are answered 503 at once.",
  }),
});

const https = z.strictObject({
  port: port.default(8443).meta({ description: "The port for HTTPS. 0 takes any free one." }),
  host: z.string().min(1).optional().meta({ description: "The address to listen on. Unset: all of them." }),
  publicPort: port.min(1).optional().meta({
    description: "The port that clients see, where it is mapped to another one. Unset: `https.port`.",
  }),
  names: z
    .array(z.string().regex(/^(\*\.)?[\w.:-]+$/))
    .default([])
    .meta({
      description:
        "The host names this sidecar answers to, beside `localhost`, its own host name and any IP address: they go into the self-made certificate, and `/_sidecar` refuses others.",
    }),
  certFile: path.optional().meta({ description: "Your certificate chain (PEM). Needs `https.keyFile`." }),
  keyFile: path.optional().meta({ description: "The private key of `https.certFile` (PEM)." }),
  certFolder: path.optional().meta({
    description:
      "A folder with `tls.crt` and `tls.key`, as a Kubernetes TLS secret is mounted. Instead of the two files.",
  }),
  reloadIntervalMs: milliseconds(2_000, { min: 50 }).meta({
    description: "How often the certificate files are looked at for a change.",
  }),
  http2WebSockets: z.boolean().default(true).meta({
    description:
      "Browsers may open WebSockets on the HTTP/2 connection they have (RFC 8441). false: each opens one of its own, over HTTP/1.1.",
  }),
  trustedPeers: z.array(cidr).max(1_000).default([]).meta({
    description:
      "The load balancers in front of this sidecar (addresses or CIDRs): what they say of who the client is counts. From all others it is replaced.",
  }),
  proxyProtocol: z.boolean().default(false).meta({
    description:
      "Connections from `https.trustedPeers` begin with a PROXY protocol header (version 1 or 2), and are closed where they do not.",
  }),
});

const http = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .meta({ description: "Redirect plain HTTP to HTTPS (308) on a second port." }),
  port: port.default(8080).meta({ description: "The port for plain HTTP. 0 takes any free one." }),
});

const certs = z.strictObject({
  dir: path.default("certs").meta({
    description:
      "The state folder: self-made certificates, session ticket keys, the generated token and the positions of forwarded logs live here.",
  }),
});

const secretToken = z
  .string()
  .min(16, "must have at least 16 characters")
  .regex(/^[!-~]*$/, "must be of letters, digits and signs of ASCII, without blanks: it travels in a header")
  .meta({ secret: true });

const auth = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description:
      "false opens `/_sidecar` to anyone who can reach it, as an operator. Only for a network you trust.",
  }),
  token: secretToken.optional().meta({
    secret: true,
    description:
      "The operator's token (16 characters or more). With no credential set, one is made at the first start.",
  }),
  tokenFile: path
    .optional()
    .meta({ description: "A file that holds the operator's token, such as a Docker secret." }),
  tokens: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        token: secretToken,
        role: z.enum(["viewer", "operator"]).default("viewer"),
        expires: z.iso.datetime({ offset: true }).optional(),
      }),
    )
    .default([])
    .meta({
      secret: true,
      description:
        "Further tokens: `name`, `token`, `role` (`viewer` or `operator`), `expires` (ISO 8601). YAML or JSON.",
    }),
  clientCaFile: path.optional().meta({
    description:
      "The CA (PEM) whose client certificates are credentials too. Browsers that have one will ask which to show.",
  }),
  clientOperators: z.array(z.string().min(1)).default([]).meta({
    description: "The common names of client certificates that are operators. All others are viewers.",
  }),
});

const log = z.strictObject({
  level: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .meta({ description: "The least level logged." }),
  access: z.boolean().default(true).meta({ description: "One line for every request, forwarded ones too." }),
});

const shutdown = z.strictObject({
  delayMs: milliseconds(0, { min: 0 }).meta({
    description:
      "How long new connections are still taken after SIGTERM, while `/_sidecar/readyz` says no already: what a load balancer needs to notice (Kubernetes: about 5000). `shutdown.graceMs` begins afterwards.",
  }),
  graceMs: milliseconds(8_000, { min: 0 }).meta({
    description: "How long open requests may take after SIGTERM before they are cut.",
  }),
  websocketGraceMs: milliseconds(2_000, { min: 0 }).meta({
    description:
      "Within what time after SIGTERM open WebSockets are closed, one after the other, with the code 1001 (going away); other upgraded connections are ended too. Best shorter than `shutdown.graceMs` by the two seconds that their ends may take.",
  }),
});

/** The schema of all settings. Strict: an unknown key is an error. */
export const settingsSchema = z
  .strictObject({
    prefix: z
      .string()
      .regex(/^(\/[A-Za-z0-9_-]+)+$/)
      .default("/_sidecar")
      .meta({ description: "Under which path the sidecar answers itself." }),
    cluster: z.int().min(1).max(64).default(1).meta({
      description:
        "How many processes carry the traffic. They share the port; a further one answers `/_sidecar` and watches over them. Limits that say so are divided among them: each keeps its share, the first ones what remains. 1: one process does it all.",
    }),
    core,
    https: https.prefault({}),
    http: http.prefault({}),
    limits: limits.prefault({}),
    certs: certs.prefault({}),
    auth: auth.prefault({}),
    log: log.prefault({}),
    shutdown: shutdown.prefault({}),
    dashboard: dashboard.prefault({}),
    health: health.prefault({}),
    traffic: traffic.prefault({}),
    metrics: metrics.prefault({}),
    processes: processes.prefault({}),
    resources: resources.prefault({}),
    runtime: runtime.prefault({}),
    jvm: jvm.prefault({}),
    strace: strace.prefault({}),
    traces: traces.prefault({}),
    config: config.prefault({}),
    logs: logs.prefault({}),
  })
  .superRefine((settings, context) => {
    const { certFile, keyFile, certFolder } = settings.https;
    const complain = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: ["https", key], message });
    if (certFile !== undefined && keyFile === undefined)
      complain("keyFile", "is needed where https.certFile is set");
    if (keyFile !== undefined && certFile === undefined)
      complain("certFile", "is needed where https.keyFile is set");
    if (certFolder !== undefined && certFile !== undefined)
      complain("certFolder", "can't be set beside https.certFile");
    if (settings.https.proxyProtocol && settings.https.trustedPeers.length === 0)
      complain("proxyProtocol", "needs https.trustedPeers: the header is taken from nobody else");
    for (const group of ["core", "limits"] as const) {
      if (settings[group].maxConnections >= settings.cluster) continue;
      const message = "must be at least as many as the processes that share them (cluster)";
      context.addIssue({ code: "custom", path: [group, "maxConnections"], message });
    }
  });

/** The effective settings. */
export type Settings = z.output<typeof settingsSchema>;
/** One configuration file of the core, as the settings name it. */
export type ConfigFileSettings = Settings["config"]["files"][number];
/** What makes the core read a changed file. */
export type ReloadSettings = Settings["config"]["reload"];
/** What shows that the core took a change. */
export type VerifySettings = Settings["config"]["verify"][number];
/** One destination of the core's logs. */
export type LogForwardSettings = Settings["logs"]["forward"][number];
