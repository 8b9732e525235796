import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { Agent, type RequestOptions, request } from "node:https";
import { connect } from "node:tls";
import { WebSocket } from "ws";
import { Failed } from "./ledger.ts";

/** What clients do in a soak; each throws {@link Failed} where it goes wrong. */

/** Where the sidecar is. */
export interface Target {
  readonly port: number;
  readonly ca: string;
}

/** What is asked. */
export interface Ask {
  readonly path: string;
  readonly body?: Buffer;
  /** Bytes of the answer that end the matter: the client then goes away. */
  readonly enoughBytes?: number;
  /** When the client goes away, whatever has come. */
  readonly abortMs?: number;
}

/** Asks for something, and gives the body of the answer; undefined where the client has gone away. */
export type Client = (ask: Ask) => Promise<Buffer | undefined>;

/** A client that speaks HTTP/1.1 on connections that it keeps. */
export function createHttp1Client({ port, ca }: Target): Client & Disposable {
  const agent = new Agent({ keepAlive: true });
  const options: RequestOptions = { host: "127.0.0.1", port, ca, agent };
  const client: Client = ({ path, body, enoughBytes, abortMs }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
    const asked = request({ ...options, path, method: body === undefined ? "GET" : "POST" });
    let hasHead = false;
    const leave = () => {
      resolve(undefined);
      asked.destroy();
    };
    if (abortMs !== undefined) setTimeout(leave, abortMs);
    asked.on("error", (error) => reject(hasHead ? new Failed("cut") : error));
    asked.on("response", (answer) => {
      hasHead = true;
      const pieces: Buffer[] = [];
      let bytes = 0;
      answer.on("error", () => reject(new Failed("cut")));
      answer.on("data", (piece: Buffer) => {
        pieces.push(piece);
        bytes += piece.length;
        if (bytes >= (enoughBytes ?? Number.POSITIVE_INFINITY)) leave();
      });
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(pieces));
        else reject(new Failed(`${answer.statusCode} ${answer.headers["sidecar-error"]}`));
      });
    });
    asked.end(body);
    return promise;
  };
  return Object.assign(client, { [Symbol.dispose]: () => agent.destroy() });
}

/** A client that speaks HTTP/2 in one session, opened anew when it has ended. */
export function createHttp2Client({ port, ca }: Target): Client & Disposable {
  let session: ClientHttp2Session | undefined;
  const current = () => {
    if (session === undefined || session.closed || session.destroyed) {
      // Node counts what an upload that is given up had still to send for as long as its session lasts, and resets each
      // answer (11) once that is more than a session may use: here it never is.
      session = connectHttp2(`https://127.0.0.1:${port}`, { ca, maxSessionMemory: 1_000_000 });
      session.on("error", () => undefined);
    }
    return session;
  };
  const client: Client = ({ path, ...asked }) => {
    const { body, enoughBytes, abortMs } = asked;
    const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
    const own = current();
    const stream = own.request({ ":path": path, ":method": body === undefined ? "GET" : "POST" });
    const pieces: Buffer[] = [];
    let [bytes, status, failure] = [0, "no answer", ""];
    const leave = () => {
      resolve(undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    };
    if (abortMs !== undefined) setTimeout(leave, abortMs);
    stream.on("error", () => undefined);
    stream.on("response", (headers) => {
      status = String(headers[":status"]);
      failure = String(headers["sidecar-error"] ?? "");
    });
    stream.on("data", (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= (enoughBytes ?? Number.POSITIVE_INFINITY)) leave();
    });
    stream.on("close", () => {
      // Nobody has looked at it, and its session is at its end: sent once more, as browsers do (RFC 9113 section 8.7).
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
        own.close();
        client({ path, ...asked }).then(resolve, reject);
      } else if (stream.rstCode !== 0)
        reject(new Failed(status === "200" ? "cut" : `reset ${stream.rstCode}, ${status}`));
      else if (status === "200") resolve(Buffer.concat(pieces));
      else reject(new Failed(`${status} ${failure}`));
    });
    stream.end(body);
    return promise;
  };
  return Object.assign(client, { [Symbol.dispose]: () => void session?.destroy() });
}

/** Opens a WebSocket, has so many messages echoed one after the other, and closes it. */
export function echo({ port, ca }: Target, messages: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new WebSocket(`wss://127.0.0.1:${port}/`, { ca });
  let count = 0;
  let isOpen = false;
  const send = () => socket.send(`message ${count}`);
  socket.on("open", () => {
    isOpen = true;
    send();
  });
  socket.on("message", (data) => {
    if (String(data) !== `message ${count}`) reject(new Failed(`not the echo of message ${count}`));
    count += 1;
    if (count < messages) setTimeout(send, 10);
    else socket.close(1_000);
  });
  socket.on("unexpected-response", (_request, answer) => {
    reject(new Failed(`${answer.statusCode} ${answer.headers["sidecar-error"]}`));
    answer.resume();
  });
  socket.on("error", () => undefined);
  socket.on("close", (code) =>
    code === 1_000 ? resolve() : reject(new Failed(isOpen ? "cut" : `closed ${code}`)),
  );
  return promise;
}

/** Opens a connection, sends the beginning of a request, and goes away after a while. */
export function leaveInHead({ port, ca }: Target, afterMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host: "127.0.0.1", port, ca });
  socket.on("error", (error) => reject(error));
  socket.on("close", () => resolve());
  socket.on("secureConnect", () => socket.write("GET / HTTP/1.1\r\nHo"));
  setTimeout(() => socket.destroy(), afterMs);
  return promise;
}
