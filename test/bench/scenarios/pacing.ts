import { LoadResultSchema } from "../load/load.ts";
import { startClient } from "../load/run-client.ts";
import { caddy } from "../peers/caddy.ts";
import { CLIENTS, type Scenario } from "./scenario.ts";

const CLIENT = new URL("../load/paced-client.ts", import.meta.url);

/** A scenario of one rate for all: how long clients wait of a proxy that is busy but not overwhelmed. */
export const pacing: Scenario = {
  name: "latency",
  title: `1 KiB answers over HTTP/1.1, ${CLIENTS} kept connections, all proxies at 70 % of the rate that Caddy reached; p99 from when a request was due`,
  protocol: "http/1.1",
  requests: 40_000,
  // Long enough for what happens seldom, such as the collection of garbage.
  duration: 2,
  pace: { peer: caddy.name, scenario: "1k", share: 0.7 },
  run({ port, requests, perSecond, dir }) {
    const job = { port, path: "/1k", connections: CLIENTS, requests, perSecond };
    return startClient(CLIENT, job, dir).result(LoadResultSchema);
  },
};
