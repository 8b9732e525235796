import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenLocally, type RawConnection } from "../../support/front.ts";

/** Apps for tests of HTTP/2. */

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Of a raw core: answers requests for `/ok` as soon as they begin, and no others. */
export function answersOk({ socket }: RawConnection): void {
  socket.on("data", (piece) => {
    if (/^\w+ \/ok[ /?]/.test(piece.toString("latin1"))) socket.write(OK);
  });
}

/** An app behind a server of its own. */
export interface EchoCore extends AsyncDisposable {
  readonly port: number;
}

/** What {@link startEchoCore} says of a request in `x-seen`. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** Values of `x-tag`, in their order. */
  readonly tags: readonly string[];
  readonly cookie: string | undefined;
}

/** Starts an app that sends back what it gets, as it gets it: the body, and trailers that are called `x-sum`. */
export async function startEchoCore(): Promise<EchoCore> {
  const server = createServer(echo);
  const port = await listenLocally(server);
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads `x-seen`. */
export function seenOf(text: string): Seen {
  return JSON.parse(decodeURIComponent(text));
}

function echo(request: IncomingMessage, answer: ServerResponse): void {
  const seen: Seen = {
    method: request.method ?? "",
    target: request.url ?? "",
    host: request.headers.host ?? "",
    tags: request.headersDistinct["x-tag"] ?? [],
    cookie: request.headers.cookie,
  };
  // In ASCII: the server writes heads in more than one encoding.
  answer.setHeader("x-seen", encodeURIComponent(JSON.stringify(seen)));
  request.on("error", () => undefined);
  answer.on("error", () => undefined);
  request.on("end", () => {
    const sums = request.trailersDistinct["x-sum"] ?? [];
    answer.addTrailers(sums.map((sum) => ["x-sum", sum] as [string, string]));
    answer.end();
  });
  // Before it is known that there is no body, and so no room for trailers.
  answer.flushHeaders();
  request.pipe(answer, { end: false });
}
