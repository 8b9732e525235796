import { hostname } from "node:os";
import type { LogForwardSettings } from "../../../settings/schema.ts";
import type { Destination, DestinationParts } from "./destination.ts";
import { createLoki } from "./loki.ts";
import { createOtlp } from "./otlp.ts";
import { createSyslog } from "./syslog.ts";
import type { TlsFiles } from "./tls-files.ts";

const FACTORIES = { syslog: createSyslog, loki: createLoki, otlp: createOtlp } as const;

/** Makes the destination of one log. */
export function createDestination(settings: LogForwardSettings, tls: TlsFiles, file: string): Destination {
  const parts: DestinationParts = {
    ...{ settings, tls, file },
    hostname: settings.hostname ?? hostname(),
    appName: settings.appName ?? file,
  };
  return FACTORIES[settings.to](parts);
}
