import { fileURLToPath } from "node:url";

/**
 * The environment in which Node keeps what it has compiled of our sources, for the next process (module.enableCompileCache):
 * that is half of the CPU time of a sidecar's start. Vitest forbids it where it measures coverage, of its own processes.
 */
export const COMPILED = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache/tickbird-tests", import.meta.url)),
  NODE_DISABLE_COMPILE_CACHE: undefined,
};
