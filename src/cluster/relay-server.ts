import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, StartError } from "../base/errors.ts";
import type { Destinations } from "../listener/dispatch.ts";
import type { Logger } from "../web/log.ts";
import { requestInfo } from "../web/request-info.ts";
import { tellClient } from "../web/told-client.ts";
import { openCall, RELAY_FIELD, type RelayAddress, sealOutcome } from "./relay-call.ts";

/** The primary's side of the relay: the app on a Unix socket, for the workers and nobody else. */

/** The open relay. Disposed of, it breaks off what is under way. */
export interface RelayServer extends AsyncDisposable {
  readonly address: RelayAddress;
}

/** What a relay serves. */
export interface RelayServerParts {
  readonly ours: Destinations["ours"];
  readonly log: Logger;
  /** The most bytes of a request's head that a worker lets pass. */
  readonly headerBytes: number;
}

/** What the relay itself adds to a head. */
const OWN_HEADER_BYTES = 16_384;
const SECRET_BYTES = 32;

/**
 * Opens the relay in a folder that only this user may enter. Who may enter it all the same, as a process of the app
 * under the same user might by way of /proc, lacks the secret.
 * @throws {StartError} when there is no place for the folder.
 */
export async function openRelay({ ours, log, headerBytes }: RelayServerParts): Promise<RelayServer> {
  const folder = await makeFolder();
  // Where the process exits at once, nobody disposes of anything.
  const onExit = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", onExit);
  const address = { path: join(folder, "app.sock"), secret: randomBytes(SECRET_BYTES).toString("base64url") };
  const server = createServer({
    ServerResponse: RelayedAnswer,
    maxHeaderSize: headerBytes + OWN_HEADER_BYTES,
    // The worker has its eye on the client, and a connection between us may idle for ever.
    ...{ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, requireHostHeader: false },
  });
  server.maxHeadersCount = 0;
  server.on("request", (request, answer) => {
    if (receive(request, address.secret)) {
      ours(request, answer);
      return;
    }
    log.warn("a connection to the relay without its secret");
    request.socket.destroy();
  });
  server.listen(address.path);
  await once(server, "listening");
  return {
    address,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
      process.off("exit", onExit);
    },
  };
}

/** Makes of a request what it was when it came from the client; false where it is none of our workers'. */
function receive(request: IncomingMessage, secret: string): boolean {
  const field = request.headers[RELAY_FIELD];
  const call = openCall(typeof field === "string" ? field : undefined, secret);
  if (call === undefined) return false;
  delete request.headers[RELAY_FIELD];
  request.headers["x-request-id"] = call.id;
  tellClient(request, { address: call.address, certificateName: call.certificateName });
  return true;
}

/** An answer that tells the worker what its access log is to say. */
class RelayedAnswer extends ServerResponse {
  override writeHead(
    status: number,
    reason?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
    headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
  ): this {
    // It speaks of the client's connection. To close ours while the worker may still write would break the answer.
    this.removeHeader("Connection");
    const { user, failure } = requestInfo(this.req);
    const outcome = {
      ...(user === undefined ? {} : { user }),
      ...(failure === undefined ? {} : { failure }),
    };
    if (Object.keys(outcome).length > 0) this.setHeader(RELAY_FIELD, sealOutcome(outcome));
    return typeof reason === "string"
      ? super.writeHead(status, reason, headers)
      : super.writeHead(status, reason ?? headers);
  }
}

/** The second is there in containers whose own file system is read-only. */
const PLACES = [tmpdir(), "/dev/shm"];

async function makeFolder(): Promise<string> {
  const reasons: string[] = [];
  for (const place of PLACES) {
    try {
      // With mode 0700.
      return await mkdtemp(join(place, "tickbird-"));
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  throw new StartError(`There is no place for the socket between the processes: ${reasons.join(" ")}`, {
    remedy: "In compose.yaml, tmpfs: [/tmp]; or SIDECAR_CLUSTER=1",
  });
}
