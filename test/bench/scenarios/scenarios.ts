import { connecting } from "./connecting.ts";
import { echoing } from "./echoing.ts";
import { pacing } from "./pacing.ts";
import { requesting } from "./requesting.ts";
import { CLIENTS, type Scenario } from "./scenario.ts";

/** So long that opening the connections, which is measured too, is hardly felt: a handshake costs as much as 20 small answers. */
const SMALL = { requests: 120_000, duration: 2.5 } as const;
const KEPT = { protocol: "http/1.1", connections: CLIENTS, streams: 1 } as const;
const FEW = 8;

/** All scenarios, in the order of the tables. */
export const SCENARIOS: readonly Scenario[] = [
  requesting({
    name: "1k",
    title: `1 KiB answers over HTTP/1.1, ${CLIENTS} kept connections`,
    ...{ ...KEPT, ...SMALL, path: "/1k" },
  }),
  requesting({
    name: "64k",
    title: `64 KiB answers over HTTP/1.1, ${CLIENTS} kept connections`,
    ...{ ...KEPT, path: "/64k", requests: 16_000 },
  }),
  requesting({
    name: "10m",
    title: `10 MiB answers over HTTP/1.1, ${FEW} kept connections`,
    ...{ ...KEPT, connections: FEW, path: "/10m", requests: 240 },
  }),
  requesting({
    name: "post-64k",
    title: `POST of 64 KiB over HTTP/1.1, 1 KiB answers, ${CLIENTS} kept connections`,
    ...{ ...KEPT, path: "/post", bodyBytes: 65_536, requests: 16_000 },
  }),
  connecting({
    name: "connect",
    title: "a new connection for each 1 KiB answer, full TLS handshake",
    ...{ isResuming: false, requests: 2_000 },
  }),
  connecting({
    name: "resume",
    title: "a new connection for each 1 KiB answer, resumed TLS session",
    ...{ isResuming: true, requests: 2_000 },
  }),
  requesting({
    name: "1k-h2",
    title: `1 KiB answers over HTTP/2, ${CLIENTS} kept connections with one stream at a time`,
    ...{ ...KEPT, ...SMALL, protocol: "h2", path: "/1k" },
  }),
  requesting({
    name: "1k-h2-streams",
    title: "1 KiB answers over HTTP/2, 4 kept connections with 32 streams at a time",
    ...{ protocol: "h2", connections: 4, streams: 32, path: "/1k", requests: 40_000 },
  }),
  requesting({
    name: "64k-h2",
    title: `64 KiB answers over HTTP/2, ${CLIENTS} kept connections with one stream at a time`,
    ...{ ...KEPT, protocol: "h2", path: "/64k", requests: 16_000 },
  }),
  echoing,
  pacing,
];
