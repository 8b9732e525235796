import { type Load, runH2load } from "../load/h2load.ts";
import type { Scenario } from "./scenario.ts";

/** A scenario of requests on connections that are kept. */
export function requesting(
  options: Pick<Scenario, "name" | "title" | "requests" | "duration"> & Omit<Load, "port" | "requests">,
): Scenario {
  const { name, title, requests, duration, ...load } = options;
  return {
    ...{ name, title, requests, duration, protocol: load.protocol },
    run: ({ port, requests: count, dir }) => runH2load({ ...load, port, requests: count }, dir),
  };
}
