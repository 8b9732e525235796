import { createServer } from "node:http";
import type { Settings } from "../settings/schema.ts";
import { listen } from "./listen.ts";

/** The plain HTTP port: it says where HTTPS is, and nothing else. */
export interface Redirect extends AsyncDisposable {
  readonly port: number;
}

/** Opens the port that answers everything with 308 to the same target over HTTPS (RFC 9110 section 15.4.9). */
export async function startRedirect(
  settings: { http: Settings["http"]; https: Settings["https"] },
  httpsPort: () => number,
): Promise<Redirect> {
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 5_000 },
    (request, answer) => {
      const host = /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d+)?$/i.exec(request.headers.host ?? "")?.[1];
      const target = request.url?.startsWith("/") ? request.url : "/";
      if (host === undefined) {
        answer.writeHead(400, { "Content-Type": "text/plain", Connection: "close" });
        answer.end("The request has no usable Host header. Use https:// directly.\n");
        return;
      }
      const port = httpsPort();
      const location = `https://${host}${port === 443 ? "" : `:${port}`}${target}`;
      answer.writeHead(308, { Location: location, "Content-Length": "0", Connection: "close" });
      answer.end();
    },
  );
  const port = await listen(server, { name: "http", port: settings.http.port, host: settings.https.host });
  return {
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
