import { apache } from "./apache.ts";
import { bareHttpProxy } from "./bare-http-proxy.ts";
import { caddy } from "./caddy.ts";
import { fastify } from "./fastify.ts";
import { haproxy } from "./haproxy.ts";
import { httpxy } from "./httpxy.ts";
import { nginx } from "./nginx.ts";
import { nodeFloor } from "./node-floor.ts";
import type { Peer } from "./peer.ts";
import { sidecar } from "./sidecar.ts";

/** The peer that the others are compared with. */
export const REFERENCE = nginx;

/** Everything that is measured, in the order of the tables. */
export const PEERS: readonly Peer[] = [
  nginx,
  haproxy,
  sidecar,
  caddy,
  apache,
  bareHttpProxy,
  httpxy,
  fastify,
  nodeFloor,
];
