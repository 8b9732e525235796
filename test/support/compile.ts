import { startSidecarProcess } from "./sidecar.ts";

/** Runs a sidecar once before the tests: only one that ends in order leaves what it has compiled, and tests kill theirs. */
export async function setup(): Promise<void> {
  await using sidecar = await startSidecarProcess(9);
  sidecar.process.kill("SIGTERM");
  await sidecar.ended();
}
