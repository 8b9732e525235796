import { z } from "zod";
import { quantile } from "../statistics.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { serveJob } from "./client-program.ts";
import { connectTls, describeTls, requestFor } from "./tls-client.ts";

/** The load program of new connections: each is opened, asks once, and is closed by the client. */

const Job = z.object({
  port: z.number(),
  path: z.string(),
  connections: z.number(),
  /** How many of them are open at a time. */
  atOnce: z.number(),
  /** Whether they resume a session: the newest that there is; the first comes from a connection that is not counted. */
  isResuming: z.boolean(),
  /** This one and no other, in base64. */
  session: z.base64().optional(),
});

/** What one connection was like. */
interface Visit {
  readonly ms: number;
  readonly isResumed: boolean;
  readonly tls: string;
  /** The newest that the server has given, for the next connection. */
  readonly session: Buffer | undefined;
}

await serveJob(Job, async ({ port, path, connections, atOnce, isResuming, session }) => {
  const request = requestFor(path);
  const given = session === undefined ? undefined : Buffer.from(session, "base64");
  const visits: Visit[] = [];
  let begun = 0;
  const first = async () => given ?? (isResuming ? (await visit(port, request)).session : undefined);
  const sessions = await Promise.all(Array.from({ length: Math.min(atOnce, connections) }, first));
  const startedAt = performance.now();
  const lane = async (begin: Buffer | undefined) => {
    let newest = begin;
    while (begun < connections) {
      begun += 1;
      const made = await visit(port, request, newest);
      visits.push(made);
      if (isResuming && given === undefined) newest = made.session ?? newest;
    }
  };
  await Promise.all(sessions.map(lane));
  return {
    requests: visits.length,
    seconds: (performance.now() - startedAt) / 1_000,
    p99Ms: quantile(
      visits.map(({ ms }) => ms),
      0.99,
    ),
    tls: [...new Set(visits.map(({ tls }) => tls))].join(", "),
    resumed: visits.filter(({ isResumed }) => isResumed).length,
    session: visits.at(-1)?.session?.toString("base64"),
  };
});

function visit(port: number, request: Buffer, session?: Buffer): Promise<Visit> {
  const { promise, resolve, reject } = Promise.withResolvers<Visit>();
  const startedAt = performance.now();
  const socket = connectTls(port, session);
  let newest: Buffer | undefined;
  const read = createAnswerReader(() => {
    const ms = performance.now() - startedAt;
    resolve({ ms, isResumed: socket.isSessionReused(), tls: describeTls(socket), session: newest });
    socket.end();
  });
  socket.once("secureConnect", () => socket.write(request));
  socket.on("session", (given) => {
    newest = given;
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      reject(error);
    }
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("a connection was closed before its answer")));
  return promise;
}
