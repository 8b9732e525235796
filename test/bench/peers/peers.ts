import { bareHttpProxy } from "./bare-http-proxy.ts";
import { nginx } from "./nginx.ts";
import type { Peer } from "./peer.ts";
import { sidecar } from "./sidecar.ts";

/** The peer that the others are compared with. */
export const REFERENCE = nginx;

/** Everything that is measured, in the order of the tables. */
export const PEERS: readonly Peer[] = [nginx, sidecar, bareHttpProxy];
