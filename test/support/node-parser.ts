import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { type Duplex, duplexPair } from "node:stream";

/** What Node's own parser makes of bytes: the judge of ours. */

/** A request as Node has read it. */
export interface NodeRequest {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

const server = createServer({ maxHeaderSize: 65_536, requireHostHeader: false, keepAliveTimeout: 0 });
server.maxHeadersCount = 0;
// An Expect is no concern of the parser.
server.on("checkContinue", (request, answer) => server.emit("request", request, answer));
server.on("checkExpectation", (request, answer) => server.emit("request", request, answer));

/** Reads the first request of `bytes` (latin1); undefined where Node refuses it, or it is not whole. */
export async function requestByNode(bytes: string): Promise<NodeRequest | undefined> {
  const [near, far] = duplexPair();
  const { promise, resolve } = Promise.withResolvers<NodeRequest | undefined>();
  let first: IncomingMessage | undefined;
  const onRequest = (request: IncomingMessage) => {
    if (request.socket !== (far as Duplex) || first !== undefined) return;
    first = request;
    void bodyOf(request).then(({ body, isComplete }) => {
      const { method = "", url = "", rawHeaders } = request;
      resolve(isComplete ? { method, target: url, rawHeaders, body } : undefined);
    });
  };
  const onError = (_error: Error, socket: Duplex) => {
    // What stands behind the first request is nobody's concern.
    if (socket !== far || first?.complete === true) return;
    socket.destroy();
    if (first === undefined) resolve(undefined);
  };
  server.on("request", onRequest);
  server.on("clientError", onError);
  server.emit("connection", far);
  near.on("error", () => undefined);
  near.on("close", () => first === undefined && resolve(undefined));
  near.write(bytes, "latin1");
  near.end();
  const read = await promise;
  server.off("request", onRequest);
  server.off("clientError", onError);
  near.destroy();
  far.destroy();
  return read;
}

/** An answer as Node has read it. */
export interface NodeAnswer {
  readonly interim: readonly number[];
  readonly status: number;
  readonly reason: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly rawTrailers: readonly string[];
  readonly isComplete: boolean;
}

/** Reads the answer to a request with this method, up to the end of the connection; undefined where Node refuses it. */
export async function answerByNode(bytes: string, method: string): Promise<NodeAnswer | undefined> {
  const [near, far] = duplexPair();
  const { promise, resolve } = Promise.withResolvers<NodeAnswer | undefined>();
  const interim: number[] = [];
  const request = httpRequest({
    method,
    host: "app",
    // The socket that is asked for is more than is used of it.
    createConnection: () => near as never,
  });
  request.on("information", ({ statusCode }) => interim.push(statusCode));
  let hasHead = false;
  const refuse = () => hasHead || resolve(undefined);
  request.on("response", (answer) => {
    hasHead = true;
    void bodyOf(answer).then(({ body, isComplete }) => {
      const { statusCode = 0, statusMessage = "", rawHeaders, rawTrailers } = answer;
      resolve({
        ...{ interim, status: statusCode, reason: statusMessage, rawHeaders, body, rawTrailers, isComplete },
      });
    });
  });
  request.on("upgrade", refuse);
  request.on("error", refuse);
  request.on("close", refuse);
  far.on("error", () => undefined);
  far.resume();
  request.end();
  far.write(bytes, "latin1");
  far.end();
  const read = await promise;
  near.destroy();
  far.destroy();
  return read;
}

async function bodyOf(message: IncomingMessage): Promise<{ body: string; isComplete: boolean }> {
  let body = "";
  try {
    for await (const data of message) body += (data as Buffer).toString("latin1");
  } catch {
    return { body, isComplete: false };
  }
  return { body, isComplete: message.complete };
}
