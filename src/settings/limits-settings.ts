import { z } from "zod";
import { milliseconds } from "./rules.ts";

/** What one client may take: each limit ends or refuses that client's request or connection, never its neighbours'. */
export const limits = z.strictObject({
  maxConnections: z.int().min(1).max(1_000_000).default(20_000).meta({
    description:
      "The most client connections at once, of all processes together (`cluster`). Beyond, a connection is accepted and closed at once, before TLS. Each takes a file descriptor.",
  }),
  maxStreams: z.int().min(1).max(10_000).default(100).meta({
    description: "The most requests at once on one HTTP/2 connection. Beyond, REFUSED_STREAM.",
  }),
  streamResetBurst: z.int().min(1).max(1_000_000).default(1_000).meta({
    description:
      "How many HTTP/2 requests a connection may cancel at once. Beyond, the connection is closed (rapid reset, CVE-2023-44487).",
  }),
  streamResetsPerSecond: z.int().min(1).max(1_000_000).default(100).meta({
    description: "How many of those it regains each second.",
  }),
  headerBytes: z.int().min(16_384).max(1_048_576).default(65_536).meta({
    description: "The most bytes of a request's target and header fields. Beyond, 431.",
  }),
  headerCount: z.int().min(20).max(10_000).default(200).meta({
    description: "The most header fields of a request. Beyond, 431.",
  }),
  headMs: milliseconds(30_000).meta({
    description: "How long the head of a request may take from its first byte. Beyond, 408.",
  }),
  keepAliveMs: milliseconds(75_000).meta({
    description:
      "How long a connection without a request is kept. Longer than the idle timeout of a load balancer in front (60 s is common), or it will see resets.",
  }),
  handshakeMs: milliseconds(10_000, { max: 120_000 }).meta({
    description: "How long the TLS handshake may take.",
  }),
  bodyIdleMs: milliseconds(30_000).meta({
    description:
      "How long a request's body may stand still while the app, or the sidecar itself, would take more. Beyond, 408.",
  }),
  bodyMinBytesPerSecond: z.int().min(0).max(1_048_576).default(240).meta({
    description:
      "How fast a request's body must come on average, once `limits.bodyIdleMs` has passed since its first byte. Beyond, 408. 0: any pace.",
  }),
  maxBodyBytes: z.int().min(0).max(1_099_511_627_776).optional().meta({
    description: "The largest body of a request. Beyond, 413. Unset: any size.",
  }),
  answerIdleMs: milliseconds(60_000).meta({
    description:
      "How long an answer may wait for a client that takes nothing of it. Beyond, its connection is cut. An answer that has nothing to send waits as long as it likes.",
  }),
});
