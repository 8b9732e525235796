import httpProxy from "@fastify/http-proxy";
import fastify from "fastify";
import { announce, CORE_CONNECTIONS, CORE_URL, SERVER_OPTIONS } from "./node-server.ts";

/** The program of the peer `@fastify/http-proxy`. */
const app = fastify({
  https: SERVER_OPTIONS,
  keepAliveTimeout: 600_000,
  bodyLimit: 64 * 1_048_576,
  logger: { file: "access.log" },
});
app.register(httpProxy, {
  upstream: CORE_URL,
  websocket: true,
  undici: { connections: CORE_CONNECTIONS, pipelining: 1, keepAliveTimeout: 600_000 },
  replyOptions: {
    // Where it does nothing of itself: Host as it came, and who asked.
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      host: request.headers.host,
      "x-forwarded-for": request.ip,
      "x-forwarded-proto": "https",
      "x-forwarded-host": request.headers.host,
    }),
  },
});
const url = await app.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
announce(Number(new URL(url).port));
