import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** A message of RFC 5424, taken apart. */
export interface SyslogMessage {
  readonly priority: number;
  readonly time: string;
  readonly hostname: string;
  readonly appName: string;
  readonly data: string;
  readonly text: string;
}

/** A receiver of syslog over TCP or TLS that takes frames with their length before them, and nothing else. */
export interface SyslogReceiver extends AsyncDisposable {
  readonly port: number;
  readonly messages: SyslogMessage[];
  texts(): string[];
  /** What came that is no frame of a message. */
  readonly wrong: string[];
  connections(): number;
}

/** What it does with a connection, before anything is read; true: it is not read. */
export type OnConnection = (socket: Socket, count: number) => boolean;

const HEAD = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) - - (\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\]) (.*)$/s;

/** Starts one. */
export async function startSyslogReceiver(
  options: { readonly tls?: TlsOptions; readonly port?: number; readonly onConnection?: OnConnection } = {},
): Promise<SyslogReceiver> {
  const messages: SyslogMessage[] = [];
  const wrong: string[] = [];
  const open = new Set<Socket>();
  let count = 0;
  const take = (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => undefined).once("close", () => open.delete(socket));
    count += 1;
    if (options.onConnection?.(socket, count) === true) return;
    let buffer = Buffer.alloc(0);
    socket.on("data", (piece: Buffer) => {
      buffer = Buffer.concat([buffer, piece]);
      for (let frame = frameOf(buffer); frame !== undefined; frame = frameOf(buffer)) {
        buffer = buffer.subarray(frame.length);
        const message = messageOf(frame.text);
        if (message === undefined) wrong.push(frame.text);
        else messages.push(message);
      }
    });
  };
  const server: Server = options.tls === undefined ? createServer(take) : createTlsServer(options.tls, take);
  if (options.tls !== undefined) server.on("tlsClientError", () => undefined);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    ...{ messages, wrong },
    texts: () => messages.map(({ text }) => text),
    connections: () => count,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function frameOf(buffer: Buffer): { text: string; length: number } | undefined {
  const blank = buffer.indexOf(" ");
  if (blank === -1) return undefined;
  const bytes = Number(buffer.subarray(0, blank).toString());
  if (!Number.isInteger(bytes)) throw new Error(`no length of a frame: ${buffer.subarray(0, 40)}`);
  const length = blank + 1 + bytes;
  return buffer.length < length ? undefined : { text: buffer.subarray(blank + 1, length).toString(), length };
}

function messageOf(text: string): SyslogMessage | undefined {
  const [, priority, time = "", hostname = "", appName = "", data = "", message = ""] = HEAD.exec(text) ?? [];
  if (priority === undefined) return undefined;
  return { priority: Number(priority), time, hostname, appName, data, text: message };
}
