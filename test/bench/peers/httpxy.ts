import { nodePeer } from "./node-peer.ts";

/** httpxy, the successor of http-proxy, with the same agent. */
export const httpxy = nodePeer({
  package: "httpxy",
  server: new URL("httpxy-server.ts", import.meta.url),
  settings: "keep-alive agent, no access log (it has none)",
});
