import type { FrontSettings } from "../front.ts";

/** What a limit for the whole sidecar means for one of its processes. */

/**
 * The settings of one of `settings.cluster` processes, counted from 0. Limits on what the app and the machine bear are
 * divided without a remainder: what can't be shared evenly goes to the first processes, one each.
 */
export function shareOf(
  settings: FrontSettings & { readonly cluster: number },
  index: number,
): FrontSettings {
  const { cluster, prefix, core, https, limits, log, shutdown, traffic } = settings;
  const part = (total: number) => Math.floor(total / cluster) + (index < total % cluster ? 1 : 0);
  return {
    ...{ prefix, https, log, shutdown, traffic },
    core: {
      ...core,
      maxConnections: part(core.maxConnections),
      maxQueue: part(core.maxQueue),
      maxUpgrades: part(core.maxUpgrades),
    },
    limits: { ...limits, maxConnections: part(limits.maxConnections) },
  };
}
