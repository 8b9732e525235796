import { z } from "zod";
import { startClient } from "../load/run-client.ts";
import type { Job, Scenario } from "./scenario.ts";

const CLIENT = new URL("../load/connect-client.ts", import.meta.url);
/** How many connections are being opened at a time. */
const AT_ONCE = 16;

const Result = z.object({
  requests: z.number(),
  seconds: z.number(),
  p99Ms: z.number(),
  tls: z.string(),
  /** How many connections the server has resumed. */
  resumed: z.number(),
  /** The newest session, in base64. */
  session: z.string().optional(),
});

/** What came of a load of new connections. */
export type Connected = z.infer<typeof Result>;

/** A scenario of new connections that ask once each. @throws {Error} (its run) when not all do what they shall. */
export function connecting(options: {
  name: string;
  title: string;
  requests: number;
  isResuming: boolean;
}): Scenario {
  const { isResuming, ...rest } = options;
  return {
    // There are few in a second, and the clock of CPU time is coarse.
    ...{ ...rest, protocol: "http/1.1", duration: 2 },
    async run(job) {
      const result = await connectOften(job, { isResuming });
      const wanted = isResuming ? result.requests : 0;
      if (result.resumed !== wanted) {
        throw new Error(`${result.resumed} of ${result.requests} connections were resumed, not ${wanted}`);
      }
      return result;
    },
  };
}

/** Opens a connection for each request. Where asked, each resumes the newest session there is, or the one given. */
export function connectOften(
  { port, requests, dir }: Job,
  { isResuming, session }: { isResuming: boolean; session?: string | undefined },
): Promise<Connected> {
  const job = { port, path: "/1k", connections: requests, atOnce: AT_ONCE, isResuming, session };
  return startClient(CLIENT, job, dir).result(Result);
}
