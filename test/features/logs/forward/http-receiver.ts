import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "node:tls";
import { gunzipSync } from "node:zlib";

/** A request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Parsed. */
  readonly body: unknown;
}

/** What is answered; "reset": nothing, the connection is reset. */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | "reset";

/** A server that tests tell what to answer. */
export interface HttpReceiver extends AsyncDisposable {
  readonly port: number;
  readonly requests: Received[];
}

/** Starts one. What `reply` throws is answered as a 500. */
export async function startHttpReceiver(
  reply: (request: Received, count: number) => Reply,
  { tls, port = 0 }: { readonly tls?: TlsOptions; readonly port?: number } = {},
): Promise<HttpReceiver> {
  const requests: Received[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const { headers, method = "", url: path = "" } = request;
    const bytes = Buffer.concat(pieces);
    const plain = headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
    const received = { method, path, headers, body: JSON.parse(plain.toString()) as unknown };
    requests.push(received);
    const answer = reply(received, requests.length);
    if (answer === "reset") request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(
      (error: unknown) => response.destroyed || response.writeHead(500).end(String(error)),
    );
  };
  const server = tls === undefined ? createServer(listener) : createHttpsServer(tls, listener);
  server.on("tlsClientError", () => undefined);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
