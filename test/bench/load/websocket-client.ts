import { once } from "node:events";
import { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { z } from "zod";
import { quantile } from "../statistics.ts";
import { serveJob } from "./client-program.ts";
import { CLIENT_TLS, describeTls } from "./tls-client.ts";

/** The load program of WebSockets: every message goes out when the one before has come back. */

const Job = z.object({
  port: z.number(),
  path: z.string(),
  connections: z.number(),
  /** The messages of all connections together. */
  messages: z.number(),
  messageBytes: z.number(),
});

await serveJob(Job, async ({ port, path, connections, messages, messageBytes }) => {
  const opened = await Promise.all(Array.from({ length: connections }, () => open(port, path)));
  const message = Buffer.alloc(messageBytes, "x");
  const finished = Promise.withResolvers<void>();
  const timesMs: number[] = [];
  let sent = 0;
  const startedAt = performance.now();
  for (const { socket } of opened) {
    let sentAt = startedAt;
    const send = () => {
      if (sent === messages) return;
      sent += 1;
      sentAt = performance.now();
      socket.send(message);
    };
    socket.on("message", (data: Buffer) => {
      if (!data.equals(message)) finished.reject(new Error("a message came back changed"));
      timesMs.push(performance.now() - sentAt);
      if (timesMs.length === messages) finished.resolve();
      else send();
    });
    socket.on("error", finished.reject);
    socket.on("close", () => finished.reject(new Error("a WebSocket was closed")));
    send();
  }
  await finished.promise;
  return {
    requests: messages,
    seconds: (performance.now() - startedAt) / 1_000,
    p99Ms: quantile(timesMs, 0.99),
    tls: opened[0]?.tls ?? "",
  };
});

async function open(port: number, path: string): Promise<{ socket: WebSocket; tls: string }> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, { ...CLIENT_TLS, perMessageDeflate: false });
  const [[answer]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);
  const tls = answer.socket instanceof TLSSocket ? describeTls(answer.socket) : "";
  return { socket, tls };
}
