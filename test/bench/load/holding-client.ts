import type { TLSSocket } from "node:tls";
import { z } from "zod";
import { createAnswerReader } from "./answer-reader.ts";
import { serveJob } from "./client-program.ts";
import { connectTls, requestFor } from "./tls-client.ts";

/**
 * The load program of idle connections. Each asks once and then stays; it says `holding` when all of them do. At SIGUSR2
 * each asks once more, and the result tells how many were answered.
 */

const Job = z.object({
  port: z.number(),
  path: z.string(),
  connections: z.number(),
  /** How many of them ask at a time. */
  atOnce: z.number(),
});

/** A connection that asks, and waits. */
interface Held {
  readonly socket: TLSSocket;
  /** Resolves to whether it was answered. */
  ask(): Promise<boolean>;
}

await serveJob(Job, async ({ port, path, connections, atOnce }) => {
  const request = requestFor(path);
  const held: Held[] = [];
  const isAsked = new Promise((resolve) => process.once("SIGUSR2", resolve));
  let opened = 0;
  await inLanes(atOnce, Array.from({ length: connections }).keys(), async () => {
    const connection = hold(port, request);
    held.push(connection);
    if (await connection.ask()) opened += 1;
  });
  process.stderr.write("holding\n");
  await isAsked;
  let answered = 0;
  await inLanes(atOnce, held.values(), async (connection) => {
    if (await connection.ask()) answered += 1;
  });
  return { opened, answered };
});

function hold(port: number, request: Buffer): Held {
  const socket = connectTls(port);
  let waiting: PromiseWithResolvers<boolean> | undefined;
  let isOver = false;
  const read = createAnswerReader(() => waiting?.resolve(true));
  const end = () => {
    isOver = true;
    waiting?.resolve(false);
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch {
      socket.destroy();
    }
  });
  socket.on("error", end);
  socket.on("close", end);
  return {
    socket,
    ask() {
      waiting = Promise.withResolvers<boolean>();
      if (isOver) waiting.resolve(false);
      else socket.write(request);
      return waiting.promise;
    },
  };
}

/** Does something for each item, so many at a time. */
async function inLanes<T>(
  lanes: number,
  items: Iterator<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const lane = async () => {
    for (let next = items.next(); next.done !== true; next = items.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
