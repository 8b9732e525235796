import { nodePeer } from "./node-peer.ts";

/** Fastify with its proxy plugin, on undici. */
export const fastify = nodePeer({
  package: "@fastify/http-proxy",
  server: new URL("fastify-server.ts", import.meta.url),
  settings: "undici without pipelining, access log to a file (two lines for each request, as Fastify does)",
});
