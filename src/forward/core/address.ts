import type { Settings } from "../../settings/schema.ts";

/** Where the core is reached. */
export interface CoreAddress {
  readonly hostname: string;
  readonly port: number;
}

/** The parts of the core's URL that a connection needs. */
export function addressOf({ url }: Pick<Settings["core"], "url">): CoreAddress {
  const { hostname, port } = new URL(url);
  return { hostname: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 80 : Number(port) };
}
