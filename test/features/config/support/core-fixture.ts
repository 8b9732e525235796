import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { timeOfTicks } from "../../../../src/linux/boot-clock.ts";
import { readStat } from "../../../../src/linux/proc.ts";
import { poll } from "../../../support/poll.ts";

/** Real programs that stand in for the app. */

/** A running program that counts the signals that it gets. */
export interface SignalledProgram extends AsyncDisposable {
  readonly pid: number;
  readonly startTime: string;
  /** The signals that it has handled so far. */
  received(): readonly string[];
  hasEnded(): boolean;
}

/** Starts a shell that handles (or, with an empty handler, ignores, or with a bad one dies of) some signals, under a name of its own. */
export async function startProgram(
  options: { handles?: string[]; ignores?: string[]; diesOf?: string[]; name?: string } = {},
): Promise<SignalledProgram> {
  const { handles = [], ignores = [], diesOf = [], name = "tickbird-core" } = options;
  const traps = [
    ...handles.map((signal) => `trap 'echo ${signal}' ${signal}`),
    ...diesOf.map((signal) => `trap 'exit 1' ${signal}`),
    ...ignores.map((signal) => `trap '' ${signal}`),
  ];
  // The shell's own name is set through /proc, as programs do it that show a title.
  const lines = [`printf %s ${name} > /proc/$$/comm`, ...traps, "echo ready", "while :; do sleep 0.05; done"];
  const child = spawn("/bin/sh", ["-c", lines.join("\n")], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  await poll("the program is ready", () => output.includes("ready\n"));
  const pid = child.pid ?? 0;
  const stat = await readStat(pid);
  if (stat === undefined) throw new Error("the program has ended");
  return {
    pid,
    startTime: timeOfTicks(stat.startTicks),
    received: () => output.split("\n").filter((line) => line.startsWith("HUP") || line.startsWith("USR")),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** An HTTP server that stands in for the app. */
export interface CoreServer extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly { method: string; url: string }[];
}

/** Starts a server that answers every call with what `answer` gives: a status, or nothing at all. */
export async function startCore(
  answer: (request: IncomingMessage) => number | undefined,
): Promise<CoreServer> {
  const calls: { method: string; url: string }[] = [];
  const server = createServer((request, response) => {
    calls.push({ method: request.method ?? "", url: request.url ?? "" });
    const status = answer(request);
    if (status !== undefined) response.writeHead(status).end("a body that nobody waits for");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
