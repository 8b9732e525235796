import { fileURLToPath } from "node:url";
import { poll } from "./poll.ts";
import { runServer } from "./server-process.ts";

/** A load program of our own, `test/fixtures/steady-load`: it knows which of its requests were lost, and which were not. */

/** How much load. */
export interface SteadyLoadOptions {
  /** Clients with one connection each, and one request at a time; every other one sends what only Node's parser reads. */
  readonly http1Clients: number;
  /** Requests at once on one session. */
  readonly http2Streams: number;
  /** After so many a connection is given up, and a new one opened. Unset: never. */
  readonly requestsPerConnection?: number;
  /** An HTTP/1.1 client waits for a random time up to this before every other request. Unset: 0. */
  readonly maxPauseMs?: number;
  /** It ends by itself after so many. Unset: when it is told to. */
  readonly requests?: number;
  /** How often {@link SteadyLoad.now} has something new. Unset: 20. */
  readonly progressMs?: number;
}

/** What became of its requests so far. */
export interface LoadReport {
  readonly answered: number;
  /** Of these, over HTTP/2. */
  readonly answeredOverHttp2: number;
  /** Connections that could not be opened. */
  readonly refusedConnections: number;
  /** Paths of the requests that the server says it never looked at. */
  readonly unprocessed: readonly string[];
  /** All others, each with what happened. */
  readonly lost: readonly string[];
  /** The SHA-256 of the certificates that were seen. */
  readonly certificates: readonly string[];
  readonly isOver: boolean;
}

/** The load, under way. */
export interface SteadyLoad extends AsyncDisposable {
  now(): LoadReport;
  /** Waits until so many requests are answered, over each protocol that is spoken. */
  answered(count: number): Promise<void>;
  /** Asks it to stop when its requests are answered. */
  stop(): void;
  /** Waits for its end. */
  result(): Promise<LoadReport>;
}

const PROGRAM = fileURLToPath(new URL("../fixtures/steady-load/main.ts", import.meta.url));
const NOTHING: LoadReport = {
  ...{ answered: 0, answeredOverHttp2: 0, refusedConnections: 0, isOver: false },
  ...{ unprocessed: [], lost: [], certificates: [] },
};

/** Starts a load on the sidecar at `port` of loopback. */
export function startSteadyLoad(port: number, options: SteadyLoadOptions): SteadyLoad {
  const { http1Clients, http2Streams } = options;
  const program = runServer(process.execPath, [PROGRAM, JSON.stringify({ port, ...options })], { cwd: "." });
  const now = (): LoadReport => {
    const last = program
      .output()
      .trimEnd()
      .split("\n")
      .findLast((line) => line.endsWith("}"));
    return last === undefined ? NOTHING : JSON.parse(last);
  };
  return {
    now,
    async answered(count) {
      const areThere = () => {
        const { answered, answeredOverHttp2 } = now();
        const overHttp1 = http1Clients === 0 || answered - answeredOverHttp2 >= count;
        return overHttp1 && (http2Streams === 0 || answeredOverHttp2 >= count);
      };
      // On a busy machine the load program alone takes seconds to start.
      await poll(`${count} answers`, areThere, { timeoutMs: 40_000 });
    },
    stop: () => program.signal("SIGTERM"),
    async result() {
      await program.ended();
      const report = now();
      if (!report.isOver) throw new Error(`the load has failed: ${program.output()}`);
      return report;
    },
    [Symbol.asyncDispose]: () => program.stop(),
  };
}
