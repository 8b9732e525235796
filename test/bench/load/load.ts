import { z } from "zod";

/** What comes of one load. */
export const LoadResultSchema = z.object({
  requests: z.number(),
  seconds: z.number(),
  p99Ms: z.number(),
  /** The TLS version, cipher and group that were agreed on. */
  tls: z.string(),
});

/** What came of one load. */
export type LoadResult = z.infer<typeof LoadResultSchema>;

/** After this time a load has failed: every one of them is ended then, and so ends by itself. */
export const LOAD_LIMIT_MS = 120_000;

/** The one cipher and the one group that all clients offer, or each proxy would choose for itself how much work encryption is. */
export const CIPHER = "TLS_AES_128_GCM_SHA256";
export const GROUP = "X25519";

/** What a browser sends. */
export const BROWSER_HEADERS: readonly string[] = [
  "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "accept-language: en-GB,en;q=0.5",
  "accept-encoding: gzip, deflate, br, zstd",
  "cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
  "sec-fetch-dest: document",
  "sec-fetch-mode: navigate",
  "sec-fetch-site: same-origin",
];
