import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ClientSide, CoreRequest, CoreSide } from "../../web/exchange.ts";
import { tellRequestInfo } from "../../web/request-info.ts";
import { tellClient } from "../../web/told-client.ts";
import { InnerCall } from "./inner-call.ts";

/** Answers requests that did not come over HTTP/1.1 by a server of node:http within this process. */
export interface InnerServer extends Disposable {
  /**
   * Carries one request to it, whatever its version says.
   * @param certificateName the common name of the client's certificate.
   * @throws {AppError} `method-unknown` or `bad-request` for what HTTP/1.1 can't say.
   */
  carry(request: CoreRequest, client: ClientSide, certificateName: string | undefined): CoreSide;
}

/** More than any limit of ours lets pass. */
const MAX_HEADER_BYTES = 1_048_576;

/** Makes the server. Disposed of, it breaks off what is under way. */
export function createInnerServer(
  ours: (request: IncomingMessage, answer: ServerResponse) => void,
): InnerServer {
  const calls = new Map<Duplex, InnerCall>();
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    // Who carries the request has its eye on the client.
    ...{ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, requireHostHeader: false },
  });
  server.maxHeadersCount = 0;

  const begin = (request: IncomingMessage, answer: ServerResponse, expectsContinue: boolean) => {
    const call = calls.get(request.socket);
    if (call === undefined) return;
    const { request: carried, certificateName } = call.parts;
    tellRequestInfo(request, carried.info);
    tellClient(request, { address: carried.peer, certificateName });
    if (expectsContinue) answer.writeContinue();
    ours(request, answer);
  };
  server.on("request", (request, answer) => begin(request, answer, false));
  server.on("checkContinue", (request, answer) => begin(request, answer, true));
  server.on("clientError", (error, socket) => {
    calls.get(socket)?.refuse(error);
    // Also where the call is over.
    socket.destroy();
  });

  const onStart = (call: InnerCall) => {
    const { socket } = call;
    calls.set(socket, call);
    socket.once("close", () => calls.delete(socket));
    // "Event: 'connection'" of node:http: may be emitted by users to inject a connection, which may be any Duplex.
    server.emit("connection", socket);
  };
  return {
    carry(request, client, certificateName) {
      request.info.route = "sidecar";
      return new InnerCall({ request, client, certificateName, onStart });
    },
    [Symbol.dispose]() {
      for (const socket of calls.keys()) socket.destroy();
    },
  };
}
