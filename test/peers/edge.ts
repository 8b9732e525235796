import { type RunningSidecar, startSidecarProcess } from "../support/sidecar.ts";

/** The sidecar as clients of a test see it. */
export interface Edge extends AsyncDisposable {
  readonly port: number;
  /** The authority to trust, as PEM. */
  readonly ca: string;
  /** Asks the sidecar itself, with the operator's token. */
  readonly ask: RunningSidecar["ask"];
}

/** Starts the real sidecar, as a process of its own, before the core on this port of loopback. */
export async function startEdge(corePort: number, env: Record<string, string> = {}): Promise<Edge> {
  const sidecar = await startSidecarProcess(corePort, {
    // No requests to the core but those of the test.
    SIDECAR_HEALTH_INTERVAL_MS: "3600000",
    ...env,
  });
  return { ...sidecar, ca: await sidecar.ca() };
}
