import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { z } from "zod";
import { quantile } from "../statistics.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { serveJob } from "./client-program.ts";
import { connectTls, describeTls, requestFor } from "./tls-client.ts";

/**
 * The load program of a fixed rate: requests are due whether or not the ones before are answered, as people's are. Each
 * counts from when it was due, so that a proxy that stalls is charged for all who had to wait meanwhile.
 */

const Job = z.object({
  port: z.number(),
  path: z.string(),
  connections: z.number(),
  requests: z.number(),
  perSecond: z.number(),
});

const TICK_MS = 1;

await serveJob(Job, async ({ port, path, connections, requests, perSecond }) => {
  const request = requestFor(path);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const finished = Promise.withResolvers<void>();
  const idle: TLSSocket[] = [...sockets];
  const dueAt = new Map<TLSSocket, number>();
  const latenciesMs: number[] = [];
  let sent = 0;
  const startedAt = performance.now();
  const timeOf = (index: number) => startedAt + (index / perSecond) * 1_000;
  /** Sends what is due, as long as there is a connection for it. */
  const send = () => {
    const now = performance.now();
    while (sent < requests && timeOf(sent) <= now) {
      const socket = idle.pop();
      if (socket === undefined) return;
      dueAt.set(socket, timeOf(sent));
      sent += 1;
      socket.write(request);
    }
  };
  for (const socket of sockets) {
    const read = createAnswerReader(() => {
      latenciesMs.push(performance.now() - (dueAt.get(socket) ?? Number.NaN));
      idle.push(socket);
      if (latenciesMs.length === requests) finished.resolve();
      else send();
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        read(chunk);
      } catch (error) {
        finished.reject(error);
      }
    });
    socket.on("error", finished.reject);
    socket.on("close", () => finished.reject(new Error("a connection was closed")));
  }
  const timer = setInterval(send, TICK_MS);
  await finished.promise;
  clearInterval(timer);
  const [first] = sockets;
  return {
    requests,
    seconds: (performance.now() - startedAt) / 1_000,
    p99Ms: quantile(latenciesMs, 0.99),
    tls: first === undefined ? "" : describeTls(first),
  };
});

async function open(port: number): Promise<TLSSocket> {
  const socket = connectTls(port);
  await once(socket, "secureConnect");
  return socket;
}
