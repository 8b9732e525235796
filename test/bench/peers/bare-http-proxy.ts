import { nodePeer } from "./node-peer.ts";

/** http-proxy as its documentation shows it, with the agent it needs: what a Node proxy costs that adds nothing. */
export const bareHttpProxy = nodePeer({
  package: "http-proxy",
  server: new URL("bare-http-proxy-server.ts", import.meta.url),
  settings: "keep-alive agent, no access log (it has none)",
  // It calls util._extend, which Node has deprecated.
  flags: ["--disable-warning=DEP0060"],
});
