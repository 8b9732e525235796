import { Socket } from "node:net";
import { createProxyServer } from "httpxy";
import { CORE_URL, keepAliveAgent, serveHttps } from "./node-server.ts";

/** The program of the peer `httpxy`. */
const proxy = createProxyServer({ target: CORE_URL, agent: keepAliveAgent(), xfwd: true });
const server = serveHttps();
server.on("request", (request, answer) => {
  proxy.web(request, answer).catch(() => answer.destroy());
});
server.on("upgrade", (request, socket, head) => {
  // Of an HTTPS server it always is one.
  if (!(socket instanceof Socket)) return;
  socket.on("error", () => socket.destroy());
  proxy.ws(request, socket, { agent: false }, head).catch(() => socket.destroy());
});
