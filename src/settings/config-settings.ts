import { z } from "zod";
import { milliseconds, path } from "./rules.ts";

/** A program that is run for the app: an argument vector, never a shell. */
const command = z.strictObject({
  command: z
    .array(
      z
        .string()
        .regex(/^[^\0]*$/)
        .max(4_096),
    )
    .min(1)
    .max(100),
  in: z.enum(["sidecar", "core"]).default("sidecar"),
  timeoutMs: milliseconds(10_000, { max: 600_000 }),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().regex(/^[^\0]*$/)).default({}),
});

const reload = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({
    kind: z.literal("signal"),
    signal: z.enum(["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"]).default("SIGHUP"),
    process: z.union([z.int().min(1), z.string().regex(/^[\w.+-]{1,64}$/)]).default("main"),
  }),
  z.strictObject({
    kind: z.literal("http"),
    method: z.enum(["GET", "POST", "PUT"]).default("POST"),
    path: z.string().regex(/^\/[^\s#]*$/),
    timeoutMs: milliseconds(10_000),
  }),
  command.extend({ kind: z.literal("command") }),
]);

const verifyTimeout = milliseconds(10_000, { max: 600_000 });

const check = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    path: z.string().regex(/^\/[^\s#]*$/),
    minStatus: z.int().min(100).max(599).default(200),
    maxStatus: z.int().min(100).max(599).default(399),
    contains: z.string().min(1).max(1_024).optional(),
    timeoutMs: verifyTimeout,
    stableMs: milliseconds(1_000, { min: 0, max: 600_000 }),
  }),
  z
    .strictObject({
      kind: z.literal("log"),
      path: z.string().regex(/^(core:)?\//, "must be an absolute path, or core:/path in the app's own root"),
      contains: z.string().min(1).max(1_024).optional(),
      fails: z.string().min(1).max(1_024).optional(),
      timeoutMs: verifyTimeout,
    })
    .refine(({ contains, fails }) => contains !== undefined || fails !== undefined, {
      error: "needs `contains` (the line that says it worked), `fails` (one that says it did not), or both",
    }),
  z.strictObject({
    kind: z.literal("process"),
    process: z.union([z.int().min(1), z.string().regex(/^[\w.+-]{1,64}$/)]).default("main"),
    stableMs: milliseconds(2_000, { max: 600_000 }),
  }),
  command.extend({ kind: z.literal("command") }),
]);

const verify = z.union([check.transform((one) => [one]), z.array(check).max(8)]);

const configFile = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
    .optional(),
  path: path
    .refine((text) => !/^core:(?!\/)/.test(text), "needs an absolute path after core:")
    .refine((text) => !/[*?[{].*\//.test(text), "only the last part of a path may hold wildcards: * ? [ {"),
  format: z
    .enum(["json", "jsonc", "json5", "yaml", "toml", "xml", "ini", "properties", "env", "text"])
    .optional(),
  reload: reload.optional(),
  verify: verify.optional(),
  secretKeys: z
    .array(
      z
        .string()
        .min(1)
        .max(256)
        .regex(/^[^\r\n]+$/),
    )
    .max(100)
    .optional(),
  schema: z.union([path, z.record(z.string(), z.unknown())]).optional(),
  validate: command
    .refine(({ command: [, ...rest] }) => rest.some((argument) => argument.includes("{file}")), {
      error: "an argument of the command must have {file}, in whose place the new content's path is put",
      path: ["command"],
    })
    .optional(),
});

/** The settings of the feature `config`. */
export const config = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: "The API over the app's configuration files." }),
  files: z
    .array(z.union([path.transform((file) => configFile.parse({ path: file })), configFile]))
    .default([])
    .meta({
      description:
        "The files: paths, or objects with `path`, `name` (else the file's), `format` (else by extension), `reload` (`kind`: `none`, `signal` with `signal` and `process`, `http` with `method` and `path`) and `verify`. `core:/etc/app.ini` is a path in the app's own root, of which nothing has to be mounted. `/etc/app/conf.d/*.conf` stands for all that match; each is named as it is, or `name:file` where a `name` is given. `secretKeys` are masked beside what looks secret: names, or JSON pointers such as `/db/dsn`. `schema` is a JSON Schema (a path, or the schema itself), and `validate` the app's own check: `{command: [nginx, -t, -c, \"{file}\"], in: sidecar}`, or `in: core` for the app's own root; `timeoutMs`, `env`.",
    }),
  reload: reload.default({ kind: "none" }).meta({
    description:
      "What makes the app read a changed file, for files that do not say: `{kind: signal, signal: SIGHUP}`, `{kind: http, path: /reload}`, `{kind: command, command: [nginx, -s, reload], in: core}`.",
  }),
  reloadDelayMs: milliseconds(0, { min: 0, max: 60_000 }).meta({
    description:
      "How long a reload waits for more changes that need the same one. Those that come while one runs share the next in any case.",
  }),
  verify: verify.default([]).meta({
    description:
      "What shows that the app took a change, for files that do not say; else the old content is put back and reloaded. One of these or a list: `{kind: http, path: /health}` (with `minStatus`, `maxStatus`, `contains`; at each look for `stableMs`, a second: old workers go on for a moment), `{kind: log, path: core:/var/log/app.log, contains: reloaded, fails: error}`, `{kind: process}` (the same one, still alive after `stableMs`), `{kind: command, command: […], in: core}` (exits with 0); each with `timeoutMs`.",
  }),
  maxBytes: z
    .int()
    .min(1)
    .max(67_108_864)
    .default(262_144)
    .meta({ description: "The largest configuration file." }),
  history: z
    .strictObject({
      enabled: z.boolean().default(true).meta({
        description: "Keeps the versions of the files: those written here, and those that others make.",
      }),
      dir: path.optional().meta({
        description:
          "Where they are kept, readable to the sidecar alone: they hold the secrets of the files. Else the folder `config-history` in `certs.dir`.",
      }),
      maxVersions: z.int().min(1).max(10_000).default(100).meta({ description: "Of each file." }),
      maxBytes: z.int().min(4_096).max(1_073_741_824).default(16_777_216).meta({
        description: "What all versions of a file may take, compressed. The newest is always kept.",
      }),
    })
    .prefault({}),
  maxSetFiles: z
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .meta({ description: "How many files a pattern in `config.files` may stand for." }),
});
