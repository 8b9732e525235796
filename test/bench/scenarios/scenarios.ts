import { getting, type Scenario } from "./scenario.ts";

const MANY = { connections: 64, streams: 1 } as const;

/** All scenarios, in the order of the tables. */
export const SCENARIOS: readonly Scenario[] = [
  getting({
    name: "1k",
    title: "1 KiB answers over HTTP/1.1, 64 kept connections",
    ...{ ...MANY, protocol: "http/1.1", path: "/1k", requests: 20_000 },
  }),
  getting({
    name: "64k",
    title: "64 KiB answers over HTTP/1.1, 64 kept connections",
    ...{ ...MANY, protocol: "http/1.1", path: "/64k", requests: 8_000 },
  }),
  getting({
    name: "1k-h2",
    title: "1 KiB answers over HTTP/2, 64 kept connections with one stream at a time",
    ...{ ...MANY, protocol: "h2", path: "/1k", requests: 20_000 },
  }),
];
