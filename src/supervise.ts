import { once } from "node:events";
import { SettingsError } from "./settings/load.ts";
import type { Settings } from "./settings/schema.ts";
import { type Sidecar, startSidecar } from "./sidecar.ts";
import { createLog, type Logger } from "./web/log.ts";

/** The life of the process: it starts the sidecar, and obeys the signals until one of them ends it. */

/**
 * Runs the sidecar until SIGTERM or SIGINT: the first drains it, the second exits at once. SIGHUP reloads.
 * @returns whether it ended cleanly, with nothing cut.
 * @throws {StartError} when it can't start.
 */
export async function superviseSidecar(loadSettings: () => Settings): Promise<boolean> {
  const settings = loadSettings();
  const log = createLog(settings.log);
  const sidecar = await startSidecar(settings, log);
  announce(settings, sidecar);

  const reload = () => void reloadSidecar(sidecar, loadSettings, log);
  process.on("SIGHUP", reload);
  const signal = await Promise.race([
    once(process, "SIGTERM").then(() => "SIGTERM"),
    once(process, "SIGINT").then(() => "SIGINT"),
  ]);
  process.off("SIGHUP", reload);
  // From here a reload would only disturb, and its default would end the process.
  process.on("SIGHUP", () => undefined);
  for (const second of ["SIGTERM", "SIGINT"] as const) process.on(second, () => exitAtOnce(log));
  const inFlight = await sidecar.countInFlight();
  log.info({ signal, graceMs: settings.shutdown.graceMs, inFlight }, "stopping");
  const clean = await sidecar.stop();
  log.info({ clean }, "stopped");
  log.flush();
  return clean;
}

async function reloadSidecar(sidecar: Sidecar, loadSettings: () => Settings, log: Logger): Promise<void> {
  try {
    await sidecar.reload(loadSettings());
    log.info("reloaded: certificates, tokens and the log level; other settings need a restart");
  } catch (error) {
    const issues = error instanceof SettingsError ? error.issues : undefined;
    log.error(
      { err: issues === undefined ? error : undefined, issues },
      "not reloaded: what was in force stays so",
    );
  }
}

/** Says where it is, on standard error so that standard output holds the log and nothing else. */
function announce(settings: Settings, { httpsPort, generatedToken }: Sidecar): void {
  const base = `https://localhost:${settings.https.publicPort ?? httpsPort}`;
  const lines = [`Tickbird is in front of ${settings.core.url}: ${base}/`];
  if (!settings.auth.enabled) {
    lines.push(
      `WARNING: authentication is switched off (auth.enabled): ${settings.prefix} is open to everyone who can reach it.`,
    );
  } else if (generatedToken?.isNew === true) {
    lines.push(
      `Dashboard, with the token that was just made: ${base}${settings.prefix}/#token=${encodeURIComponent(generatedToken.token)}`,
    );
  } else if (generatedToken !== null) {
    lines.push(`Dashboard: ${base}${settings.prefix}/ (the token is in ${generatedToken.path})`);
  } else {
    lines.push(`Dashboard: ${base}${settings.prefix}/`);
  }
  process.stderr.write(`${lines.join("\n")}\n`);
}

function exitAtOnce(log: Logger): void {
  log.warn("second signal: exiting at once");
  log.flush();
  process.exit(1);
}
