import { z } from "zod";

/** A TCP port; 0 takes any free one. */
export const port = z.int().min(0).max(65_535);
/** A duration in milliseconds, at most a day. */
export const milliseconds = (fallback: number, { min = 1, max = 86_400_000 } = {}) =>
  z.int().min(min).max(max).default(fallback);
/** A path in the file system. */
export const path = z.string().min(1);
