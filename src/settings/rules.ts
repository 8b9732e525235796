import { z } from "zod";
import { parseCidr } from "../base/addresses.ts";

/** A TCP port; 0 takes any free one. */
export const port = z.int().min(0).max(65_535);
/** A duration in milliseconds, at most a day. */
export const milliseconds = (fallback: number, { min = 1, max = 86_400_000 } = {}) =>
  z.int().min(min).max(max).default(fallback);
/** A path in the file system. */
export const path = z.string().min(1);
/** An IP address or a range of them (RFC 4632, RFC 4291 section 2.3). */
export const cidr = z.string().refine((text) => parseCidr(text) !== undefined, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is no IP address and no CIDR, such as 10.0.0.0/8 or fd00::/8`,
});
