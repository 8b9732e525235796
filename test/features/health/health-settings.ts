import { loadSettings } from "../../../src/settings/load.ts";
import type { Settings } from "../../../src/settings/schema.ts";

/** The settings of health with their defaults, quick enough for a test. */
export function healthSettings(changes: Partial<Settings["health"]> = {}): Settings["health"] {
  const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:9" } });
  return { ...settings.health, intervalMs: 5, timeoutMs: 5_000, ...changes };
}
