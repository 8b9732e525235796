import { runH2load } from "../load/h2load.ts";
import type { LoadResult } from "../load/load.ts";
import type { Protocol } from "../peers/peer.ts";

/** One way to use a proxy. Another one is a value in `scenarios.ts`, or a file where it needs a client of its own. */
export interface Scenario {
  /** As it is given on the command line. */
  readonly name: string;
  readonly title: string;
  readonly protocol: Protocol;
  /** How many requests one measurement takes. */
  readonly requests: number;
  /** Puts the load on the proxy at `port`. `dir` is for files that the client writes. */
  run(load: { port: number; requests: number; dir: string }): Promise<LoadResult>;
}

/** A scenario of GETs on connections that are kept. */
export function getting(options: {
  name: string;
  title: string;
  protocol: Protocol;
  path: string;
  connections: number;
  streams: number;
  requests: number;
}): Scenario {
  const { name, title, protocol, path, connections, streams, requests } = options;
  return {
    ...{ name, title, protocol, requests },
    run: ({ port, requests: count, dir }) =>
      runH2load({ port, path, protocol, connections, streams, requests: count }, dir),
  };
}
