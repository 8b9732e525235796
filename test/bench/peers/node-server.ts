import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { createServer, type ServerOptions } from "node:https";

/** What the programs of all Node peers share: their arguments, and how they listen. */

const [corePort = "", certFile = "", keyFile = "", coreConnections = ""] = process.argv.slice(2);

/** Where the core is. */
export const CORE_URL = `http://127.0.0.1:${corePort}`;

/** The most connections to it. */
export const CORE_CONNECTIONS = Number(coreConnections);

/** How Node listens: with its defaults, but idle clients are not sent away while they are counted. */
export const SERVER_OPTIONS: ServerOptions = {
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
  keepAliveTimeout: 600_000,
};

/** Serves until it is ended. */
export function serveHttps(): ReturnType<typeof createServer> {
  const server = createServer(SERVER_OPTIONS);
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
    const address = server.address();
    if (address !== null && typeof address === "object") announce(address.port);
  });
  return server;
}

/** Tells the port to who has started this. */
export function announce(port: number): void {
  console.log(`listening on ${port}`);
}

/** The agent that a proxy on `http.request` needs: without one, each request costs a connection. */
export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: CORE_CONNECTIONS, maxFreeSockets: CORE_CONNECTIONS });
}
