import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { createServer } from "node:https";
import HttpProxy from "http-proxy";

/** The program of the peer `http-proxy`: core port, certificate and key are its arguments. */
const [corePort = "", certFile = "", keyFile = ""] = process.argv.slice(2);
const proxy = HttpProxy.createProxyServer({
  target: `http://127.0.0.1:${corePort}`,
  agent: new Agent({ keepAlive: true, maxSockets: 256 }),
  xfwd: true,
});
proxy.on("error", (_error, _request, answer) => void answer.end());
const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, answer) =>
  proxy.web(request, answer),
);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(`listening on ${address.port}`);
});
