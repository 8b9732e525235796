import { connectionIsLost } from "./connection.ts";
import { ApiError } from "./problem.ts";

/** The sidecar says something every 5 s: after so long a silence nobody is there any more. */
const MAX_SILENCE_MS = 20_000;

/**
 * Reads the next piece of an answer that flows.
 * @throws ApiError with status 0 where the connection breaks off, or nothing is heard; what was thrown where the signal fired.
 */
export async function readInTime(
  reader: ReadableStreamDefaultReader<string>,
  signal: AbortSignal | undefined,
): Promise<ReadableStreamReadResult<string>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("silence")), MAX_SILENCE_MS);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (error) {
    if (signal?.aborted) throw error;
    connectionIsLost();
    throw new ApiError("The connection to the sidecar broke off.", 0);
  } finally {
    clearTimeout(timer);
  }
}
