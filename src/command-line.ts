import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { messageOf, StartError } from "./base/errors.ts";
import { askLiveness } from "./healthcheck.ts";
import { type LoadedSettings, loadSettings, SettingsError } from "./settings/load.ts";
import { describeSettings } from "./settings/reference.ts";
import { FLAGS } from "./settings/sources.ts";
import { VERSION } from "./version.ts";

/** The command line: which command, with which settings, and what its outcome is as an exit code. */

/** 0: ended as asked. 1: failed, or work was cut. 64: the command line or the settings are wrong (sysexits.h). */
const EXIT = { ok: 0, failed: 1, usage: 64 } as const;

const HELP = `tickbird ${VERSION}: a sidecar in front of an app nobody can change

  tickbird --core http://127.0.0.1:8000     run it in front of this app
  tickbird settings                         print the effective settings and where each came from
  tickbird healthcheck                      ask a running sidecar whether it lives (exit code 0 or 1)

  --core URL             where the app listens         (SIDECAR_CORE_URL)
  --settings FILE        a YAML file of settings       (SIDECAR_SETTINGS)
  --https-port PORT      8443 by default               (SIDECAR_HTTPS_PORT)
  --http-port PORT       8080 by default               (SIDECAR_HTTP_PORT)
  --certs-dir FOLDER     certificates and token        (SIDECAR_CERTS_DIR)
  --config-files PATHS   the app's files, by commas    (SIDECAR_CONFIG_FILES)
  --log-level LEVEL      debug, info, warn, error      (SIDECAR_LOG_LEVEL)
  --help, --version

Every setting can be given by environment or in the file: see the README.
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs the program; gives its exit code. */
export async function run(argv: readonly string[], env: Environment): Promise<number> {
  try {
    const { values, positionals } = parse(argv);
    const [command = "run", ...rest] = positionals;
    if (values.help === true) return print(HELP);
    if (values.version === true) return print(`${VERSION}\n`);
    if (rest.length > 0) throw new UsageError(`One command at a time: ${rest.join(" ")} is too much.`);
    const load = () => loadSettings(readInput(values, env));
    return await runCommand(command, load);
  } catch (error) {
    return explain(error);
  }
}

async function runCommand(command: string, load: () => LoadedSettings): Promise<number> {
  switch (command) {
    case "run": {
      // Loaded only here: the other commands are over before half of it would be read.
      const { superviseSidecar } = await import("./supervise.ts");
      return (await superviseSidecar(() => load().settings)) ? EXIT.ok : EXIT.failed;
    }
    case "settings":
      return print(`${describeSettings(load())}\n`);
    case "healthcheck":
      return (await askLiveness(load().settings)) ? EXIT.ok : EXIT.failed;
    default:
      throw new UsageError(`There is no command ${command}.`);
  }
}

class UsageError extends Error {}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const names = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
  const flags = Object.fromEntries(names.map((name) => [name, text])) as Record<
    keyof typeof FLAGS,
    typeof text
  >;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...flags,
        settings: text,
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

function readInput(values: ReturnType<typeof parse>["values"], env: Environment) {
  const path = values.settings ?? (env["SIDECAR_SETTINGS"] || undefined);
  const { settings: _, help: __, version: ___, ...flags } = values;
  return { env, flags, ...(path === undefined ? {} : { file: { path, text: readSettings(path) } }) };
}

function readSettings(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`The settings file ${path} can't be read: ${messageOf(error)}`);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.ok;
}

function explain(error: unknown): number {
  if (error instanceof SettingsError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\nTry: tickbird --help\n`);
    return EXIT.usage;
  }
  if (error instanceof StartError) {
    process.stderr.write(`Tickbird can't start: ${error.message}\n`);
    if (error.remedy !== undefined) process.stderr.write(`What mends it: ${error.remedy}\n`);
    return EXIT.failed;
  }
  process.stderr.write(
    `Tickbird failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.failed;
}
