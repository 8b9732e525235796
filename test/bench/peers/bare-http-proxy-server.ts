import HttpProxy from "http-proxy";
import { CORE_URL, keepAliveAgent, serveHttps } from "./node-server.ts";

/** The program of the peer `http-proxy`. */
const proxy = HttpProxy.createProxyServer({ target: CORE_URL, agent: keepAliveAgent(), xfwd: true });
proxy.on("error", (_error, _request, answer) => void answer.end());
const server = serveHttps();
server.on("request", (request, answer) => proxy.web(request, answer));
server.on("upgrade", (request, socket, head) => {
  // Node has taken its own listener away, and http-proxy has none yet.
  socket.on("error", () => socket.destroy());
  proxy.ws(request, socket, head, { agent: false });
});
