import type { Protocol } from "../peers/peer.ts";

/** What came of one load. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p99Ms: number;
  /** The TLS version and cipher that were agreed on. */
  readonly tls: string;
}

/** A load that is put on one proxy: how much, and how. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly protocol: Protocol;
  readonly connections: number;
  /** Requests under way on each connection at a time. */
  readonly streams: number;
  readonly requests: number;
}
